// For ending a run by SIGINT and SIGTERM: the first drains it, the second ends the process at once.
#pragma once

#include "engine/stop.h"

namespace headwater {

/// Leads both signals to `stop`, which must outlive the process's last signal. A second one exits with code 130.
void stop_on_signals(StopToken& stop);

}  // namespace headwater
