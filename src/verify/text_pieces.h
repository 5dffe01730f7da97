// For the plain bytes of one object, piece by piece, whether it is compressed or not.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "sink/decompress.h"
#include "sink/reading.h"

namespace headwater {

/// Reads one object from its begin to its end. Used by one thread.
class TextPieces {
  public:
    TextPieces(ObjectSource& source, const StoredObject& object) : source_(source), object_(object) {}

    /// Appends the next piece to the text. False when there is none: see damage().
    Result<bool> more(std::string& text);
    /// Says what is wrong with the compressed bytes, or "". What came before it is still good.
    const std::string& damage() const { return damage_; }

  private:
    ObjectSource& source_;
    const StoredObject& object_;
    uint64_t at_ = 0;
    std::unique_ptr<Decompressor> decompressor_;
    std::string piece_;
    std::string damage_;
    bool is_begun_ = false;
};

/// A text of which the front is used up while pieces are added to its end.
class TextWindow {
  public:
    explicit TextWindow(TextPieces& pieces) : pieces_(pieces) {}
    /// Gives what was read and not used up. json_padding_bytes behind it may be read, too.
    std::string_view view() const { return {text_.data() + used_, text_.size() - used_}; }
    void use(size_t bytes) { used_ += bytes; }
    /// Reads more; false when there is no more. Views taken before are not valid any longer.
    Result<bool> more();
    bool is_last() const { return is_last_; }

  private:
    TextPieces& pieces_;
    std::string text_;
    size_t used_ = 0;
    bool is_last_ = false;
};

}  // namespace headwater
