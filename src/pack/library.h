// For finding packs by name: in folders, built in, and among those that somebody else keeps.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pack/files.h"

namespace headwater {

/// How a scenario names a pack: shop, or shop@2 where it needs that version.
struct PackReference {
    std::string name;
    std::string version;  ///< empty: whichever there is, of several the latest

    std::string spelled() const { return version.empty() ? name : name + "@" + version; }
};
PackReference read_reference(std::string_view text);

/// Where somebody names a pack.
struct PackMention {
    std::string file;
    Position at;
    std::string path;
    std::string hint = "";  ///< said behind the nearest names, where there is no such pack
    std::string near = "";  ///< file that comes before all others, if it is there
};

/// Gives the version that a pack says it has.
std::string version_of(const Node& pack);

/// A pack that lies in no folder.
struct ShelvedPack {
    std::string version;
    std::string text;
};

/// Packs that lie in no folder, such as those that a service was given. They read no files of this machine.
class PackShelf {
  public:
    virtual ~PackShelf() = default;
    /// Gives a pack; none where there is no such.
    virtual std::optional<ShelvedPack> find(const PackReference& pack) const = 0;
    virtual std::vector<std::string> names() const = 0;
};

/// Reads packs by their names. Of files that nobody names only the first lines are read, so none of them is in the way.
class PackLibrary {
  public:
    /// A null shelf has no packs; one that is not outlives the library, and comes before the folders.
    PackLibrary(const std::vector<std::string>& folders, const PackShelf* shelf);

    /// Reads a pack; null after a report where it is named.
    std::shared_ptr<const SourceFile> read(const PackReference& pack, const PackMention& mention,
                                           Diagnostics& diagnostics) const;
    /// Reads a pack again by the name of its source file; null after a report.
    std::shared_ptr<const SourceFile> read_again(const std::string& source, Diagnostics& diagnostics) const;

  private:
    std::vector<PackPlace> places_;
    const PackShelf* shelf_;
};

}  // namespace headwater
