// For one record of a copy while it is read: its fields come in any order and become an entry, or texts for a report.
#include "verify/landed_record.h"

#include <algorithm>
#include <charconv>

namespace headwater {

namespace {

constexpr size_t most_unknown_names = 256;

std::optional<int64_t> number_in(std::string_view text) {
    int64_t number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

}  // namespace

std::optional<RowName> read_row(std::string_view text) {
    const size_t dash = text.find('-', 1);
    auto number = number_in(dash == std::string_view::npos ? text : text.substr(dash + 1));
    if (!number) return std::nullopt;
    if (dash == std::string_view::npos) return RowName{*number, -1};
    auto entity = number_in(text.substr(0, dash));
    return entity ? std::optional(RowName{*number, *entity}) : std::nullopt;
}

bool read_identity(std::string_view text, ClaimedIdentity& identity) {
    const size_t row_at = text.rfind('/');
    if (row_at == std::string_view::npos || row_at == 0) return false;
    const size_t stream_at = text.rfind('/', row_at - 1);
    if (stream_at == std::string_view::npos) return false;
    const auto row = read_row(text.substr(row_at + 1));
    if (!row) return false;
    identity.run = text.substr(0, stream_at);
    identity.stream = text.substr(stream_at + 1, row_at - stream_at - 1);
    identity.row = *row;
    return true;
}

LandedRecord::LandedRecord(const std::vector<Shape>& shapes, bool keeps_texts)
    : shapes_(shapes), keeps_texts_(keeps_texts) {
    size_t most = sizeof(Entry);
    for (const Shape& shape : shapes) most = std::max(most, entry_bytes(shape));
    room_.resize(most / sizeof(uint64_t));
}

void LandedRecord::begin(int shape) {
    index_ = shape;
    shape_ = &shapes_[static_cast<size_t>(shape)];
    std::memset(room_.data(), 0, entry_bytes(*shape_));
    claimed_.clear();
    has_identity_ = false;
    texts_.clear();
}

void LandedRecord::set_unknown(std::string_view path, const ValueHash& value) {
    if (value.is_null() || shape_->ignores(path)) return;
    const ValueHash at = placed(value, key_of(path));
    entry()->digest += at;
    entry()->fields()[shape_->leaves().size()] += short_hash(at);
    std::pair<int, std::string> name{index_, path};
    auto known = unknown_names_->find(name);
    if (known != unknown_names_->end())
        ++known->second;
    else if (unknown_names_->size() < most_unknown_names)
        unknown_names_->emplace(std::move(name), 1);
}

const ClaimedIdentity* LandedRecord::settle_identity() {
    if (!claimed_.empty()) {
        if (read_identity(claimed_, identity_))
            has_identity_ = true;
        else
            set_unknown("_headwater", hash_text(claimed_));
        claimed_.clear();
    }
    return has_identity_ ? &identity_ : nullptr;
}

}  // namespace headwater
