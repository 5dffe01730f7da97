// For starting headwater: hands the command line to the commands and gives the exit code back.
#include "app/command_line.h"

int main(int count, char** words) { return headwater::run_command_line(count, words); }
