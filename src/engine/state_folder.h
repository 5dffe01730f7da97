// For the folder in which a run keeps what it needs to go on after a crash, and what is needed to remove what it made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engine/clean.h"
#include "engine/journal.h"

namespace headwater {

/// A state folder in use by this process; two processes never use one at the same time.
class StateFolder {
  public:
    /// Makes the folder where it is missing and locks it; none when another process has it.
    static Result<std::unique_ptr<StateFolder>> open(const std::string& path);
    ~StateFolder();
    StateFolder(const StateFolder&) = delete;
    StateFolder& operator=(const StateFolder&) = delete;

    const std::string& path() const { return path_; }
    Journal& journal() { return journal_; }
    /// Keeps a small text under a name, in place of what was there. Durable.
    Result<void> write(const std::string& name, const std::string& text);
    /// Reads it; none when there is none.
    std::optional<std::string> read(const std::string& name) const;
    /// Takes note of what a target lacked and the run made. Durable.
    Result<void> note(const NotedThing& made);
    /// Gives what was noted, in order.
    Result<std::vector<NotedThing>> made() const;
    /// Removes what only a run that goes on needs.
    void forget_journal();
    /// Removes everything that this class wrote, the texts `names` too, and the folder if nothing else is in it.
    void remove(const std::vector<std::string>& names);

  private:
    StateFolder(std::string path, int lock);

    std::string path_;
    int lock_;
    Journal journal_;
};

}  // namespace headwater
