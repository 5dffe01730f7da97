// For reading what S3 answers in XML, by pugixml: it knows no entities but the five of XML, and needs no stack for depth.
#include "sink/s3/answers.h"

#include <openssl/evp.h>

#include <pugixml.hpp>

#include "base/check.h"
#include "base/text.h"

namespace headwater::s3 {
namespace {

/// A document whose root has the wanted name; an unknown answer is taken for a trouble of the server.
class Document {
  public:
    static Result<Document> read(std::string_view body, const char* root) {
        Document made;
        const auto parsed = made.tree_.load_buffer(body.data(), body.size(), pugi::parse_default, pugi::encoding_utf8);
        made.root_ = made.tree_.document_element();
        if (!parsed || std::string_view(made.root_.name()) != root)
            return fail(ErrorKind::unavailable, "Answer of S3 is not the XML that was asked for: " + std::string(root));
        return made;
    }

    const pugi::xml_node& root() const { return root_; }
    std::string text(const char* name) const { return root_.child_value(name); }

  private:
    pugi::xml_document tree_;
    pugi::xml_node root_;
};

/// Undoes encoding-type=url.
std::string decoded(std::string_view text) {
    std::string made;
    for (size_t i = 0; i < text.size(); ++i) {
        const bool escape = text[i] == '%' && i + 2 < text.size();
        const int high = escape ? hex_value(text[i + 1]) : -1;
        const int low = escape ? hex_value(text[i + 2]) : -1;
        if (high >= 0 && low >= 0) {
            made += static_cast<char>(high * 16 + low);
            i += 2;
        } else {
            made += text[i] == '+' ? ' ' : text[i];
        }
    }
    return made;
}

std::string unquoted(std::string text) {
    std::erase(text, '"');
    return text;
}

}  // namespace

S3Fault fault_of(std::string_view body) {
    auto document = Document::read(body, "Error");
    if (!document) return {};
    return {document->text("Code"), document->text("Message"), document->text("Region")};
}

Result<std::string> upload_id_of(std::string_view body) {
    auto document = Document::read(body, "InitiateMultipartUploadResult");
    if (!document) return std::unexpected(document.error());
    std::string id = document->text("UploadId");
    if (id.empty()) return fail(ErrorKind::unavailable, "Answer of S3 has no UploadId");
    return id;
}

Result<std::string> etag_of(std::string_view body) {
    for (const char* root : {"CompleteMultipartUploadResult", "CopyObjectResult", "CopyPartResult"}) {
        auto document = Document::read(body, root);
        if (document) return unquoted(document->text("ETag"));
    }
    return fail(ErrorKind::unavailable, "Answer of S3 has no ETag");
}

Result<ObjectPage> objects_of(std::string_view body) {
    auto document = Document::read(body, "ListBucketResult");
    if (!document) return std::unexpected(document.error());
    ObjectPage page;
    for (const pugi::xml_node& entry : document->root().children("Contents"))
        page.keys.push_back(decoded(entry.child_value("Key")));
    if (document->text("IsTruncated") == "true") page.next = document->text("NextContinuationToken");
    return page;
}

Result<UploadPage> uploads_of(std::string_view body) {
    auto document = Document::read(body, "ListMultipartUploadsResult");
    if (!document) return std::unexpected(document.error());
    UploadPage page;
    for (const pugi::xml_node& entry : document->root().children("Upload"))
        page.uploads.push_back({decoded(entry.child_value("Key")), entry.child_value("UploadId")});
    if (document->text("IsTruncated") == "true") {
        page.next_key = decoded(document->text("NextKeyMarker"));
        page.next_id = document->text("NextUploadIdMarker");
    }
    return page;
}

std::string etag_of_parts(const std::vector<std::string>& etags) {
    std::string bytes;
    for (const std::string& etag : etags) {
        if (etag.size() != 32) return "";
        for (size_t i = 0; i < etag.size(); i += 2) {
            const int high = hex_value(etag[i]);
            const int low = hex_value(etag[i + 1]);
            if (high < 0 || low < 0) return "";
            bytes += static_cast<char>(high * 16 + low);
        }
    }
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    HW_CHECK(EVP_Digest(bytes.data(), bytes.size(), digest, &size, EVP_md5(), nullptr) == 1);
    return hex_of({reinterpret_cast<const char*>(digest), size}) + "-" + std::to_string(etags.size());
}

}  // namespace headwater::s3
