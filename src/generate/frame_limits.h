// For the bounds that keep lists of a program from filling the memory; both executors obey them.
#pragma once

#include <cstdint>

namespace headwater {

/// Most items of one list; Op::open takes no more.
inline constexpr int64_t max_list_items = 65'536;

/// Gives the number of items that Op::open makes for a count.
constexpr uint32_t list_items(int64_t count) {
    return static_cast<uint32_t>(count < 0 ? 0 : count > max_list_items ? max_list_items : count);
}

}  // namespace headwater
