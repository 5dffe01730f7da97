// For files of the page that describes the API, which are part of the program.
#pragma once

#include <string_view>
#include <vector>

namespace headwater {

struct WebFile {
    std::string_view name;  ///< swagger-ui.css
    std::string_view content_type;
    std::string_view gzip;  ///< its bytes, packed
};

/// Lists the files of Swagger UI (made by tools/embed_web.py).
const std::vector<WebFile>& web_files();

}  // namespace headwater
