// For feeding any bytes to the expression parser: it never crashes, says why it gives no tree, and spells what reads back alike.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "language/expression.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
    using namespace headwater;
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    const ExpressionSource source{.file = "fuzz.yaml", .path = "fields.a", .at = {1, 1}};
    for (const bool is_text : {false, true}) {
        Diagnostics diagnostics;
        const ExpressionPtr tree =
            is_text ? parse_text(text, source, diagnostics) : parse_expression(text, source, diagnostics);
        if ((tree == nullptr) != diagnostics.has_errors()) std::abort();
        if (tree == nullptr || size > longest_expression / 4) continue;
        const std::string once = spell(*tree);
        const ExpressionPtr again = parse_expression(once, source, diagnostics);
        if (again == nullptr || spell(*again) != once) std::abort();
    }
    Quantity quantity;
    read_quantity(text, quantity);
    return 0;
}
