// For the plain bytes of one object, piece by piece, whether it is compressed or not.
#include "verify/text_pieces.h"

#include <algorithm>

#include "verify/json_record.h"

namespace headwater {

namespace {

constexpr size_t piece_bytes = 1 << 20;
constexpr size_t compressed_piece_bytes = 128 << 10;

}  // namespace

Result<bool> TextPieces::more(std::string& text) {
    if (!damage_.empty() || at_ >= object_.bytes) return false;
    if (is_begun_ && decompressor_ == nullptr) {
        const size_t before = text.size();
        if (auto read = source_.read(object_, at_, piece_bytes, text); !read) return std::unexpected(read.error());
        at_ = text.size() == before ? object_.bytes : at_ + text.size() - before;
        return true;
    }
    piece_.clear();
    if (auto read = source_.read(object_, at_, compressed_piece_bytes, piece_); !read)
        return std::unexpected(read.error());
    at_ = piece_.empty() ? object_.bytes : at_ + piece_.size();
    if (!is_begun_) decompressor_ = decompressor_of(piece_);
    is_begun_ = true;
    if (decompressor_ == nullptr) {
        text += piece_;
        return true;
    }
    if (auto done = decompressor_->append(piece_, text); !done)
        damage_ = done.error().message;
    else if (at_ >= object_.bytes && !decompressor_->is_whole())
        damage_ = "Compressed bytes end too early";
    return true;
}

Result<bool> TextWindow::more() {
    if (used_ > 0) {
        text_.erase(0, used_);
        used_ = 0;
    }
    auto more = pieces_.more(text_);
    if (text_.capacity() < text_.size() + json_padding_bytes) text_.reserve(text_.size() * 2 + json_padding_bytes);
    if (more && !*more) is_last_ = true;
    return more;
}

}  // namespace headwater
