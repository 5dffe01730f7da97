// For keeping packs that clients gave: each version as it was given, for as long as a run may need it.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "pack/library.h"
#include "service/database.h"
#include "service/stored_run.h"

namespace headwater {

/// One version of a pack.
struct StoredPack {
    std::string id;  ///< digest of name, version and text
    std::string name;
    std::string version;
    std::string summary;
    std::string text;
    int64_t created = 0;      ///< instant
    bool is_deleted = false;  ///< only for runs that began with it
    int64_t number = 0;       ///< in the database
};

/// Why a pack is not kept, or not forgotten.
struct PackRefusal {
    enum class Kind { taken, full, disk };
    Kind kind = Kind::taken;
    std::string message;
};

/// Any thread may use it.
class PackStore {
  public:
    static constexpr size_t most_packs = 1000;  ///< versions of all packs

    /// Makes the table that the database lacks; it outlives the store.
    static Result<std::unique_ptr<PackStore>> open(Database& database);
    ~PackStore();

    /// Keeps a version; false when it is kept already with the same text. Another text under the same version is refused.
    std::expected<bool, PackRefusal> add(StoredPack pack);
    /// Finds a version, or the latest where none is named.
    Result<std::optional<StoredPack>> find(const PackReference& pack);
    /// Finds what a run began with, deleted or not.
    Result<std::optional<StoredPack>> find_by_id(const std::string& id);
    /// Lists all versions by name, the latest first, without their texts.
    Result<std::vector<StoredPack>> list();
    /// Deletes a version, or all where none is named, and says how many there were. Texts stay as long as runs are kept that
    /// began with them.
    Result<int64_t> remove(const PackReference& pack);
    /// Forgets deleted packs that no run needs any more.
    Result<void> collect();

  private:
    struct Rows;

    explicit PackStore(Database& database);

    Database& database_;
    std::unique_ptr<Rows> rows_;
    std::mutex mutex_;  ///< held while one is added
};

/// The packs that a client may name, for what is loaded anew; notes those that were.
class OfferedPacks final : public PackShelf {
  public:
    explicit OfferedPacks(PackStore& store) : store_(store) {}
    std::optional<ShelvedPack> find(const PackReference& pack) const override;
    std::vector<std::string> names() const override;
    const std::vector<RunPack>& taken() const { return taken_; }

  private:
    PackStore& store_;
    mutable std::vector<RunPack> taken_;
};

/// The packs that a run began with.
class PinnedPacks final : public PackShelf {
  public:
    PinnedPacks(PackStore& store, const std::vector<RunPack>& packs) : store_(store), packs_(packs) {}
    std::optional<ShelvedPack> find(const PackReference& pack) const override;
    std::vector<std::string> names() const override { return {}; }

  private:
    PackStore& store_;
    const std::vector<RunPack>& packs_;
};

}  // namespace headwater
