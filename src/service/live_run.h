// For a run of the service that is not over: its row as it is now, and the ways to steer it.
#pragma once

#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "engine/control.h"
#include "engine/outages.h"
#include "engine/stop.h"
#include "service/runs.h"

namespace headwater {

struct Runs::Live {
    explicit Live(StoredRun stored) : row(std::move(stored)) {
        if (row.is_pause_asked) control.pause();
        control.set_rate(row.asked_rate);
        elapsed_before_us = row.counts.elapsed_us;
    }

    mutable std::mutex mutex;  ///< guards `row` and `plan`
    StoredRun row;
    std::shared_ptr<const Plan> plan;    ///< with what is switched on; none while it waits for its turn
    std::unique_ptr<StateFolder> state;  ///< while it has its turn
    StopToken stop;
    RunControl control;
    Outages outages;
    std::thread thread;  ///< guarded by the mutex of Runs
    int64_t saved_us = 0;
    int64_t elapsed_before_us = 0;  ///< in the processes before this one
    std::unique_ptr<Run> next;      ///< of that plan, made and not begun

    StoredRun copy() const {
        std::lock_guard lock(mutex);
        StoredRun run = row;
        const OutageReport report = outages.report();
        run.counts.waiting_for = report.waiting_for;
        run.counts.failures += report.failures;
        if (!report.last_error.empty()) run.counts.last_error = report.last_error;
        return run;
    }
};

}  // namespace headwater
