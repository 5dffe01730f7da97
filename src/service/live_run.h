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
    int64_t paused_us = 0;          ///< of this leg; the pause is no part of a run's time
    int64_t observed_us = 0;        ///< elapsed, when it was looked at last
    bool was_paused = false;
    int full_disks = 0;         ///< attempts in a row for which there was no space
    std::unique_ptr<Run> next;  ///< of that plan, made and not begun

    void begin_leg(int64_t elapsed_us) {
        elapsed_before_us = elapsed_us;
        paused_us = observed_us = 0;
        was_paused = false;
    }
    void note_pause(const Progress& progress) {
        if (was_paused && progress.elapsed_us > observed_us) paused_us += progress.elapsed_us - observed_us;
        observed_us = progress.elapsed_us;
        was_paused = progress.is_paused;
    }

    /// Gives the real time that the run took, without pauses.
    int64_t elapsed_us(const Progress& progress) const { return elapsed_before_us + progress.elapsed_us - paused_us; }

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
