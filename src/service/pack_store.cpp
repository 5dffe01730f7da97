// For keeping packs that clients gave: each version as it was given, for as long as a run may need it.
#include "service/pack_store.h"

#include <algorithm>
#include <utility>

#include "service/table.h"

namespace headwater {

namespace {

using One = StoredPack;

const std::vector<Kept<One>> columns{
    kept<&One::id>("id", "TEXT NOT NULL UNIQUE"),
    kept<&One::name>("name", "TEXT NOT NULL"),
    kept<&One::version>("version", "TEXT NOT NULL"),
    kept<&One::summary>("summary", "TEXT NOT NULL"),
    kept<&One::text>("text", "TEXT NOT NULL"),
    kept<&One::created>("created", "INTEGER NOT NULL", changes),
    kept<&One::is_deleted>("is_deleted", "INTEGER NOT NULL", changes),
};

}  // namespace

struct PackStore::Rows : StoreTable<StoredPack> {
    explicit Rows(Database& database) : StoreTable(database, "packs", columns) {}
};

PackStore::PackStore(Database& database) : database_(database), rows_(std::make_unique<Rows>(database)) {}
PackStore::~PackStore() = default;

Result<std::unique_ptr<PackStore>> PackStore::open(Database& database) {
    std::unique_ptr<PackStore> store(new PackStore(database));
    if (auto made = store->rows_->prepare(); !made) return std::unexpected(made.error());
    auto made = database.execute("CREATE INDEX IF NOT EXISTS packs_by_name ON packs (name)");
    if (!made) return std::unexpected(made.error());
    return store;
}

std::expected<bool, PackRefusal> PackStore::add(StoredPack pack) {
    using Kind = PackRefusal::Kind;
    std::lock_guard lock(mutex_);
    auto refuse = [](Kind kind, std::string message) { return std::unexpected(PackRefusal{kind, std::move(message)}); };
    const auto present = find({pack.name, pack.version});
    if (!present) return refuse(Kind::disk, present.error().message);
    if (*present && (*present)->id == pack.id) return false;
    const std::string spelled = PackReference{pack.name, pack.version}.spelled();
    if (*present) return refuse(Kind::taken, "Version of a pack is kept with another text: " + spelled);
    const auto all = list();
    if (!all) return refuse(Kind::disk, all.error().message);
    if (all->size() >= most_packs)
        return refuse(Kind::full, "Too many packs are kept already; delete some: " + std::to_string(all->size()));
    const auto deleted = find_by_id(pack.id);
    if (!deleted) return refuse(Kind::disk, deleted.error().message);
    Result<void> kept;
    if (*deleted) {
        kept = rows_->update(pack, pack.id);
    } else if (auto added = rows_->add(pack); !added) {
        kept = std::unexpected(added.error());
    }
    if (!kept) return refuse(Kind::disk, kept.error().message);
    return true;
}

Result<std::optional<StoredPack>> PackStore::find(const PackReference& pack) {
    auto rows =
        rows_->select("name = ?1 AND is_deleted = 0 AND (?2 = '' OR version = ?2) ORDER BY created DESC LIMIT 1",
                      {pack.name, pack.version});
    if (!rows) return std::unexpected(rows.error());
    return rows->empty() ? std::nullopt : std::optional(std::move(rows->front()));
}

Result<std::optional<StoredPack>> PackStore::find_by_id(const std::string& id) { return rows_->find(id); }

Result<std::vector<StoredPack>> PackStore::list() {
    auto rows = database_.query(
        "SELECT name, version, summary, created FROM packs WHERE is_deleted = 0 ORDER BY name, created DESC");
    if (!rows) return std::unexpected(rows.error());
    std::vector<StoredPack> packs;
    for (const auto& row : *rows) {
        StoredPack& pack = packs.emplace_back();
        take_kept(row[0], pack.name);
        take_kept(row[1], pack.version);
        take_kept(row[2], pack.summary);
        take_kept(row[3], pack.created);
    }
    return packs;
}

Result<int64_t> PackStore::remove(const PackReference& pack) {
    const auto all = list();
    if (!all) return std::unexpected(all.error());
    const int64_t named = std::ranges::count_if(*all, [&](const StoredPack& one) {
        return one.name == pack.name && (pack.version.empty() || one.version == pack.version);
    });
    auto done = database_.execute("UPDATE packs SET is_deleted = 1 WHERE name = ?1 AND (?2 = '' OR version = ?2)",
                                  {pack.name, pack.version});
    if (!done) return std::unexpected(done.error());
    if (auto collected = collect(); !collected) return std::unexpected(collected.error());
    return named;
}

Result<void> PackStore::collect() {
    auto done = database_.execute(
        "DELETE FROM packs WHERE is_deleted = 1 AND NOT EXISTS (SELECT 1 FROM runs WHERE instr(runs.packs, packs.id) > "
        "0)");
    return done ? Result<void>{} : std::unexpected(done.error());
}

std::optional<ShelvedPack> OfferedPacks::find(const PackReference& pack) const {
    auto found = store_.find(pack);
    if (!found || !*found) return std::nullopt;
    taken_.push_back({(*found)->name, (*found)->version, (*found)->id});
    return ShelvedPack{(*found)->version, std::move((*found)->text)};
}

std::vector<std::string> OfferedPacks::names() const {
    std::vector<std::string> names;
    const auto all = store_.list();
    if (!all) return names;
    for (const StoredPack& one : *all)
        if (names.empty() || names.back() != one.name) names.push_back(one.name);
    return names;
}

std::optional<ShelvedPack> PinnedPacks::find(const PackReference& pack) const {
    const auto pin =
        std::ranges::find_if(packs_, [&](const RunPack& one) { return one.name == pack.name && !one.kept.empty(); });
    auto found = pin == packs_.end() ? Result<std::optional<StoredPack>>() : store_.find_by_id(pin->kept);
    if (!found || !*found) return std::nullopt;
    return ShelvedPack{(*found)->version, std::move((*found)->text)};
}

}  // namespace headwater
