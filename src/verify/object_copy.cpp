// For reading copies that lie in objects: files of a folder, keys of a bucket.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "format/formats.h"
#include "verify/arrow_records.h"
#include "verify/copy.h"
#include "verify/csv_rows.h"
#include "verify/delivered_text.h"
#include "verify/json_record.h"
#include "verify/text_pieces.h"

namespace headwater {

namespace {

/// A record larger than this is none: a quote that nothing closes would make one of all that is left.
constexpr size_t longest_record_bytes = 64 << 20;

/// A cell of CSV that goes on for longer is not looked for where quotes may be damaged.
constexpr size_t longest_cell_bytes = 64 << 10;

/// Files that runs leave beside their objects.
bool is_of_a_run(const std::string& name) {
    const std::string base = name.substr(name.rfind('/') + 1);
    return base == "manifest.json" || (base.starts_with("manifest-") && base.ends_with(".json"));
}

/// Gives the bytes of the JSON object at the front, or 0 where the text ends inside it.
size_t object_size(std::string_view text) {
    int depth = 0;
    bool in_text = false;
    for (size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (in_text) {
            if (c == '\\')
                ++i;
            else if (c == '"')
                in_text = false;
            continue;
        }
        if (c == '"') in_text = true;
        if (c == '{' || c == '[') ++depth;
        if (c != '}' && c != ']') continue;
        if (--depth <= 0) return i + 1;
    }
    return 0;
}

bool is_csv(const FormatKind* format) { return format != nullptr && format->reading == FormatReading::csv; }

size_t blank_front(std::string_view text) {
    size_t blanks = 0;
    while (blanks < text.size() && is_blank(text[blanks])) ++blanks;
    return blanks;
}

/// Reads one object. Positions count its records from 0.
class ObjectReading {
  public:
    ObjectReading(ObjectSource& source, const StoredObject& object, const CopyOptions& options,
                  const std::vector<Shape>& shapes, CopyReceiver& receiver)
        : source_(source), object_(object), options_(options), shapes_(shapes), receiver_(receiver) {}

    Result<void> read(LandedRecord& record, const std::set<uint64_t>* wanted) {
        record_ = &record;
        wanted_ = wanted;
        lane_ = receiver_.begin_lane(object_.name, 0, 0);
        std::string first;
        if (auto read = source_.read(object_, 0, 4, first); !read) return read;
        const FormatKind* format = format_seen(first);
        if (format != nullptr && format->reading == FormatReading::columns) return read_columns(*format);
        return read_text(format);
    }

  private:
    /// Gives the format that an object has by what it begins with, the one that was named, or for records that only their own
    /// format can read the one that the object is named after; null where its text tells.
    const FormatKind* format_seen(std::string_view first) const {
        for (const FormatKind* kind : format_kinds())
            if (!kind->magic.empty() && first.starts_with(kind->magic)) return kind;
        if (options_.format != nullptr) return options_.format;
        for (const FormatKind* kind : format_kinds())
            if (kind->reading == FormatReading::records &&
                (object_.name + ".").contains("." + std::string(kind->extension) + "."))
                return kind;
        return nullptr;
    }

    bool is_over() const { return wanted_ != nullptr && (wanted_->empty() || position_ > *wanted_->rbegin()); }
    bool is_wanted() const { return wanted_ == nullptr || wanted_->contains(position_); }

    void complain(const std::string& reason, std::string_view bytes) {
        if (is_wanted()) receiver_.take_unreadable(lane_, position_, reason, bytes);
        ++position_;
    }

    void take(const std::string& trouble, std::string_view bytes) {
        if (!trouble.empty()) return complain(trouble, bytes);
        receiver_.take(lane_, position_, *record_);
        ++position_;
    }

    /// Takes a line that is as a fault damaged it; false for others.
    bool take_damaged(std::string_view line) {
        if (!receiver_.expects_damage() || !receiver_.knows(line)) return false;
        if (!receiver_.take_damaged(lane_, position_, line)) return false;
        ++position_;
        return true;
    }

    // ---------------------------------------------------------------------------------------------------------- text

    Result<void> read_text(const FormatKind* format) {
        TextPieces pieces(source_, object_);
        TextWindow window(pieces);
        if (auto more = window.more(); !more) return std::unexpected(more.error());
        const bool is_own = format != nullptr && format->reading == FormatReading::records;
        Result<void> done = is_own ? read_records(*format, window) : read_format(window);
        if (done && !pieces.damage().empty() && !is_over()) complain(pieces.damage(), "");
        return done;
    }

    Result<void> read_format(TextWindow& window) {
        while (window.view().size() == blank_front(window.view()) && !window.is_last())
            if (auto more = window.more(); !more) return std::unexpected(more.error());
        if (window.view().starts_with("\xef\xbb\xbf")) window.use(3);
        window.use(blank_front(window.view()));
        const std::string_view text = window.view();
        if (text.empty()) return {};
        if (receiver_.expects_damage()) {
            auto line = first_line(window);
            if (!line) return std::unexpected(line.error());
            // What was damaged tells nothing, but that it lies as it was sent.
            if (receiver_.knows(*line))
                return is_csv(options_.sent_format) ? read_csv(window) : read_json_lines(window);
        }
        return read_seen_format(window);
    }

    /// Gives the line at the front, without blanks.
    static Result<std::string_view> first_line(TextWindow& window) {
        while (!window.is_last() && window.view().size() < longest_record_bytes && !window.view().contains('\n'))
            if (auto more = window.more(); !more) return std::unexpected(more.error());
        return trimmed(window.view().substr(0, window.view().find('\n')));
    }

    Result<void> read_seen_format(TextWindow& window) {
        const std::string_view text = window.view();
        if (is_csv(options_.format)) return read_csv(window);
        const bool is_json = text[0] == '{' || text[0] == '[';
        if (!is_json && options_.format == nullptr) return read_csv(window);
        const bool is_spread = text[0] == '[' || text.starts_with("{\n") || text.starts_with("{\r\n");
        return is_spread ? read_spread_json(window) : read_json_lines(window);
    }

    Result<void> read_json_lines(TextWindow& window) {
        return read_pieces(window, [this](std::string_view text) {
            size_t at = 0;
            while (!is_over()) {
                const size_t end = text.find('\n', at);
                if (end == std::string_view::npos) break;
                take_json(text.substr(at, end - at));
                at = end + 1;
            }
            return at;
        });
    }

    /// Reads objects that are spread over lines, or stand in an array.
    Result<void> read_spread_json(TextWindow& window) {
        return read_pieces(window, [this](std::string_view text) {
            size_t at = 0;
            while (!is_over()) {
                while (at < text.size() &&
                       (is_blank(text[at]) || text[at] == '[' || text[at] == ',' || text[at] == ']'))
                    ++at;
                const size_t size = object_size(text.substr(at));
                if (size == 0) break;
                take_json(text.substr(at, size));
                at += size;
            }
            return at;
        });
    }

    /// Lets `take_front` use up what it can of the text so far; what it leaves at the very end is one record.
    template <typename TakeFront>
    Result<void> read_pieces(TextWindow& window, TakeFront take_front) {
        for (;;) {
            window.use(take_front(window.view()));
            if (is_over()) return {};
            if (window.view().size() > longest_record_bytes) return complain_of_size();
            auto more = window.more();
            if (!more) return std::unexpected(more.error());
            if (receiver_.gives_up()) return {};
            if (*more) continue;
            take_json(window.view());
            return {};
        }
    }

    Result<void> complain_of_size() {
        complain("something longer than 64 MiB is no record", "");
        return {};
    }

    void take_json(std::string_view text) {
        text.remove_prefix(blank_front(text));
        while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
        if (text.empty()) return;
        if (!is_wanted()) {
            ++position_;
            return;
        }
        if (take_damaged(text)) return;
        if (!settle_shape(text)) return complain("it is of no stream", text);
        record_->begin(shape_);
        take(json_.read(text, *record_), text);
    }

    /// Finds the stream of a record. Records of one object mostly are of one stream, which the first field's name tells.
    bool settle_shape(std::string_view text) {
        if (shapes_.size() == 1) {
            shape_ = 0;
            return true;
        }
        if (shape_ >= 0) {
            const auto& fields = shapes_[static_cast<size_t>(shape_)].fields();
            if (!fields.empty() && is_only_first(fields[0].name) && text.starts_with("{\"" + fields[0].name + "\""))
                return true;
        }
        const int found = likeliest(shapes_, json_.names(text), object_.name);
        if (found < 0 && shape_ >= 0) return true;  // what cannot be read is of the stream around it
        shape_ = found;
        return found >= 0;
    }

    bool is_only_first(const std::string& name) const {
        return std::ranges::count_if(shapes_, [&](const Shape& shape) {
                   return !shape.fields().empty() && shape.fields()[0].name == name;
               }) == 1;
    }

    // ----------------------------------------------------------------------------------------------------------- csv

    Result<void> read_csv(TextWindow& window) {
        const std::string_view front = window.view();
        const std::string_view line = front.substr(0, front.find('\n'));
        CsvRow row(options_.delimiter != 0 ? options_.delimiter : delimiter_of(line, shapes_));
        CsvRecords records(shapes_);
        bool is_begun = false;
        for (;;) {
            const std::string_view text = window.view();
            size_t at = 0;
            while (at < text.size() && !is_over()) {
                const size_t size = receiver_.expects_damage()
                                        ? read_among_damaged(row, text.substr(at), window.is_last(), records.columns())
                                        : row.read(text.substr(at), window.is_last());
                if (size == 0) break;
                const std::string_view found = text.substr(at, size);
                at += size;
                if (row.cells().size() == 1 && row.cells()[0].text.empty() && !row.cells()[0].is_quoted) continue;
                const std::string_view line = trimmed(found);
                const bool is_damaged = receiver_.expects_damage() && receiver_.knows(line);
                const bool is_header = !is_begun && !is_damaged && records.begin(row.cells());
                is_begun = is_begun || !is_damaged;
                if (!is_header) take_csv(records, row, line);
            }
            window.use(at);
            if (is_over() || window.is_last() || receiver_.gives_up()) return {};
            if (window.view().size() > longest_record_bytes) return complain_of_size();
            if (auto more = window.more(); !more) return std::unexpected(more.error());
        }
    }

    /// Reads a row where quotes may be damaged: those that would make a row of several lines but not of the right number of
    /// cells are taken for the mistake of their line.
    size_t read_among_damaged(CsvRow& row, std::string_view text, bool is_last, size_t columns) const {
        const size_t end = text.find('\n');
        if (end == std::string_view::npos && !is_last) return 0;
        const std::string_view line = text.substr(0, end);
        const size_t line_bytes = std::min(line.size() + 1, text.size());
        if (!receiver_.knows(trimmed(line))) {
            const size_t bytes = row.read(text, is_last);
            if (bytes > 0 && (bytes <= line_bytes || (!row.is_broken() && row.cells().size() == columns))) return bytes;
            if (bytes == 0 && text.size() < longest_cell_bytes) return 0;
        }
        row.read(line, true);
        return line_bytes;
    }

    void take_csv(const CsvRecords& records, const CsvRow& row, std::string_view found) {
        if (!is_wanted()) {
            ++position_;
            return;
        }
        if (take_damaged(found)) return;
        if (records.shape() < 0) return complain("it is of no stream", found);
        record_->begin(records.shape());
        take(records.read(row, *record_, json_), found);
    }

    // ------------------------------------------------------------------------------------- records of a format's own

    Result<void> read_records(const FormatKind& format, TextWindow& window) {
        auto factories = factories_of(format);
        if (!factories) return std::unexpected(factories.error());
        std::string json;
        for (;;) {
            const std::string_view text = window.view();
            size_t at = 0;
            while (at < text.size() && !is_over()) {
                const size_t size = (*factories)->next(text.substr(at), json);
                if (size == 0) break;
                const std::string_view found = text.substr(at, size);
                at += size;
                if (!trimmed(found).empty()) take_own(found, json);
            }
            const bool is_stuck = window.is_last() && at < text.size() && !is_over();
            if (is_stuck) complain("it is cut off", text.substr(at));
            window.use(at);
            if (is_over() || window.is_last() || receiver_.gives_up()) return {};
            if (window.view().size() > longest_record_bytes) return complain_of_size();
            if (auto more = window.more(); !more) return std::unexpected(more.error());
        }
    }

    void take_own(std::string_view found, std::string& json) {
        if (!is_wanted()) {
            ++position_;
            return;
        }
        if (take_damaged(trimmed(found))) return;
        if (json.empty()) return complain("it is no record", found);
        if (!settle_shape(json)) return complain("it is of no stream", found);
        record_->begin(shape_);
        json.reserve(json.size() + json_padding_bytes);
        take(json_.read(json, *record_), found);
    }

    // ------------------------------------------------------------------------------------------------------- columns

    Result<void> read_columns(const FormatKind& format) {
        ObjectInput input{.bytes = object_.bytes};
        input.read = [this](uint64_t at, size_t most, std::string& out) {
            return source_.read(object_, at, most, out);
        };
        ArrowArrayStream stream{};
        auto factories = factories_of(format);
        if (!factories) return std::unexpected(factories.error());
        if (auto opened = (*factories)->open(input, stream); !opened) {
            if (opened.error().kind != ErrorKind::rejected) return opened;
            complain(opened.error().message, "");
            return {};
        }
        read_stream(stream);
        stream.release(&stream);
        return {};
    }

    void read_stream(ArrowArrayStream& stream) {
        ArrowSchema schema{};
        if (stream.get_schema(&stream, &schema) != 0) return complain_of(stream);
        shape_ = shapes_.size() == 1 ? 0 : likeliest(shapes_, arrow_names(schema), object_.name);
        while (!is_over()) {
            ArrowArray batch{};
            if (stream.get_next(&stream, &batch) != 0) {
                complain_of(stream);
                break;
            }
            if (batch.release == nullptr) break;
            if (receiver_.gives_up()) {
                batch.release(&batch);
                break;
            }
            for (int64_t row = 0; row < batch.length && !is_over(); ++row) take_row(schema, batch, row);
            batch.release(&batch);
        }
        schema.release(&schema);
    }

    void complain_of(ArrowArrayStream& stream) {
        const char* said = stream.get_last_error(&stream);
        complain("Parquet cannot be read: " + std::string(said != nullptr ? said : "no reason given"), "");
    }

    void take_row(const ArrowSchema& schema, const ArrowArray& batch, int64_t row) {
        if (!is_wanted()) {
            ++position_;
            return;
        }
        if (shape_ < 0) return complain("it is of no stream", "");
        record_->begin(shape_);
        read_arrow_row(schema, batch, row, *record_);
        take("", "");
    }

    ObjectSource& source_;
    const StoredObject& object_;
    const CopyOptions& options_;
    const std::vector<Shape>& shapes_;
    CopyReceiver& receiver_;
    LandedRecord* record_ = nullptr;
    const std::set<uint64_t>* wanted_ = nullptr;
    JsonRecords json_;
    uint32_t lane_ = 0;
    uint64_t position_ = 0;
    int shape_ = -1;
};

class ObjectCopy final : public Copy {
  public:
    ObjectCopy(std::unique_ptr<ObjectSource> source, CopyOptions options)
        : source_(std::move(source)), options_(std::move(options)) {}

    Result<void> read(const std::vector<Shape>& shapes, CopyReceiver& receiver,
                      const CopySelection* selection) override {
        if (auto listed = list(); !listed) return listed;
        LandedRecord record(shapes, selection != nullptr);
        for (const StoredObject& object : objects_) {
            const std::set<uint64_t>* wanted = nullptr;
            if (selection != nullptr) {
                auto found = selection->find(object.name);
                if (found == selection->end()) continue;
                wanted = &found->second;
            }
            ObjectReading reading(*source_, object, options_, shapes, receiver);
            if (auto done = reading.read(record, wanted); !done) return done;
            if (receiver.gives_up()) break;
        }
        return {};
    }

    std::string lane_kind() const override { return "object"; }

  private:
    Result<void> list() {
        if (!objects_.empty()) return {};
        auto listed = source_->list();
        if (!listed) return std::unexpected(listed.error());
        objects_ = std::move(*listed);
        std::erase_if(objects_, [this](const StoredObject& object) {
            return is_of_a_run(object.name) ||
                   (!options_.objects.empty() &&
                    std::ranges::find(options_.objects, object.name) == options_.objects.end());
        });
        return {};
    }

    std::unique_ptr<ObjectSource> source_;
    CopyOptions options_;
    std::vector<StoredObject> objects_;
};

}  // namespace

std::unique_ptr<Copy> make_object_copy(std::unique_ptr<ObjectSource> source, CopyOptions options) {
    return std::make_unique<ObjectCopy>(std::move(source), std::move(options));
}

}  // namespace headwater
