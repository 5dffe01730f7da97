// For the checksum of Kafka's record batches: CRC-32C (Castagnoli), as iSCSI has it (RFC 3720).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace headwater {

/// Gives the checksum of some bytes.
uint32_t crc32c(std::string_view bytes);

/// Gives the checksum of two pieces, one behind the other, of which the second has that many bytes.
uint32_t crc32c_of_both(uint32_t first, uint32_t second, size_t second_bytes);

}  // namespace headwater
