// For what a run of the service is: one list, from which its row in the database, its document and their schema come.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "service/kept.h"
#include "service/run_document.h"
#include "service/stored_run.h"

namespace headwater {

std::string spell_kept(const RunCounts& counts);
std::string spell_kept(const Webhook& hook);
std::string spell_kept(const Cleaning& cleaning);
std::string spell_kept(const std::vector<RunSwitch>& switches);
std::string spell_kept(const std::vector<RunPack>& packs);
void read_kept(const std::string& text, RunCounts& counts);
void read_kept(const std::string& text, Webhook& hook);
void read_kept(const std::string& text, Cleaning& cleaning);
void read_kept(const std::string& text, std::vector<RunSwitch>& switches);
void read_kept(const std::string& text, std::vector<RunPack>& packs);

/// What a document is made from.
struct RunView {
    const StoredRun& run;
    const RunRates* rates = nullptr;
};

/// How a field stands in the document of a run. One without a name is for no client.
struct ShownField {
    std::string_view name{};
    std::string_view schema{};  ///< JSON Schema
    nlohmann::ordered_json (*show)(const RunView& view) = nullptr;
    bool is_optional = false;  ///< left out where it is null
};

struct RunField {
    ShownField shown{};
    Kept<StoredRun> kept{};
};

/// Lists the fields, those of the document in its order.
const std::vector<RunField>& run_fields();

/// Gives the JSON Schema of the document.
nlohmann::ordered_json run_schema();

}  // namespace headwater
