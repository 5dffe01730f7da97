// For the requests of the emulator's clients: reading them, and saying as a scenario what they mean.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "service/problem.h"
#include "service/settings.h"

namespace headwater {

/// A request to emulate, with every name in lower case.
struct EmulationRequest {
    std::string emulator_sync;  ///< kafka, minio
    std::string format_type;    ///< json, csv, parquet
    std::string sync_type;      ///< grouped, chunked, single
    std::string emulation_domain;
    uint64_t max_chunk_size = 0;  ///< bytes
    int64_t timeout = 0;          ///< seconds
    std::optional<double> rate;   ///< records per second; 0 = as fast as the target takes them
    std::optional<uint64_t> seed;
};

/// Reads a request; names every wrong field at once.
std::optional<EmulationRequest> read_emulation(const nlohmann::ordered_json& body, std::vector<Mistake>& mistakes);

/// Gives the six fields, as the answer to the request and its status carry them.
nlohmann::ordered_json spell_emulation(const EmulationRequest& request);

/// Gives the name of the topic or bucket of a domain.
std::string place_of_domain(std::string_view domain);
/// Gives the field that the keys of a domain's records are made of.
std::string key_field_of_domain(std::string_view domain);

/// Writes the scenario that does what the request asks for, begun at the instant `now`.
std::string scenario_of(const EmulationRequest& request, const ServiceSettings& settings, int64_t now);

}  // namespace headwater
