// For ending a run by SIGINT and SIGTERM: the first drains it, the second ends the process at once.
#include "app/signals.h"

#include <signal.h>
#include <unistd.h>

#include <atomic>

#include "app/exit_code.h"

namespace headwater {

namespace {

/// What the handler may reach; there is one handler for the whole process.
std::atomic<StopToken*> signalled_stop = nullptr;

void on_signal(int) {
    StopToken* stop = signalled_stop.load(std::memory_order_relaxed);
    if (stop->requested()) _exit(exit_second_signal);
    stop->request();
}

}  // namespace

void stop_on_signals(StopToken& stop) {
    signalled_stop = &stop;
    struct sigaction action = {};
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
    sigaction(SIGTERM, &action, nullptr);
}

}  // namespace headwater
