// For choosing partitions as Java's clients do, so that topics written by both can be joined.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "data/batch.h"

namespace headwater {

/// Hashes a key as org.apache.kafka.common.utils.Utils.murmur2 does (MurmurHash2 by Austin Appleby, seed 0x9747b28c).
uint32_t murmur2(std::string_view key);

/// Records of no key go to one partition in runs of this many rows, so that batches are filled.
inline constexpr int64_t rows_of_a_run = 512;

/// Chooses the partition of every record of a payload, by what the record is: its key; without one its entity; else the
/// number of its row.
void choose_partitions(const Payload& payload, int32_t partitions, std::vector<int32_t>& chosen);

}  // namespace headwater
