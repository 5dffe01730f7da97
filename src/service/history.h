// For forgetting runs that ended long ago, so that what is kept of runs stays bounded.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace headwater {

/// Works on a thread of its own.
class History {
  public:
    /// `forget_some` forgets some runs that need not be kept any more, and says whether there may be others.
    explicit History(std::function<bool()> forget_some);
    ~History();
    /// Looks soon: a run has ended. Otherwise it looks once a minute.
    void look();

  private:
    void work();

    std::function<bool()> forget_some_;
    std::mutex mutex_;  ///< guards what follows
    std::condition_variable changed_;
    bool is_asked_ = true;
    bool is_over_ = false;
    std::thread thread_;
};

}  // namespace headwater
