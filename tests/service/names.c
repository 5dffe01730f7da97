// For giving names what a test says they lead to, at the moment they are asked for: the file NAMES_FILE has lines `name address`.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*Resolve)(const char*, const char*, const struct addrinfo*, struct addrinfo**);

int getaddrinfo(const char* host, const char* port, const struct addrinfo* wanted, struct addrinfo** found) {
    const Resolve resolve = (Resolve)dlsym(RTLD_NEXT, "getaddrinfo");
    const char* path = getenv("NAMES_FILE");
    FILE* file = path == NULL || host == NULL ? NULL : fopen(path, "r");
    char name[256], address[256];
    const char* meant = host;
    while (file != NULL && meant == host && fscanf(file, "%255s %255s", name, address) == 2)
        if (strcmp(name, host) == 0) meant = address;
    if (file != NULL) fclose(file);
    return resolve(meant, port, wanted, found);
}
