// For what targets tell the user while a run goes on: any thread may tell, the main thread prints.
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace headwater {

/// Keeps notices until somebody takes them; the same one is kept once. Any thread may use it.
class Notices {
  public:
    void add(const std::string& notice) {
        std::lock_guard lock(mutex_);
        for (const std::string& told : all_)
            if (told == notice) return;
        all_.push_back(notice);
    }
    /// Gives the notices since the last call.
    std::vector<std::string> take() {
        std::lock_guard lock(mutex_);
        std::vector<std::string> fresh(all_.begin() + static_cast<ptrdiff_t>(taken_), all_.end());
        taken_ = all_.size();
        return fresh;
    }

  private:
    std::mutex mutex_;
    std::vector<std::string> all_;
    size_t taken_ = 0;
};

}  // namespace headwater
