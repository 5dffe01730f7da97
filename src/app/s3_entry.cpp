// For the doors of the S3 module: the symbols that the program looks up in it.
#include "sink/s3/caller.h"
#include "sink/s3/object_source.h"
#include "sink/s3/s3.h"

extern "C" [[gnu::visibility("default")]] void headwater_make_s3_sink(
    const headwater::S3Options& options, const headwater::Clock& clock,
    headwater::Result<std::unique_ptr<headwater::ObjectSink>>& made) {
    made = headwater::s3::make_s3_sink(options, headwater::s3::process_environment(), clock);
}

extern "C" [[gnu::visibility("default")]] void headwater_make_caller(const headwater::AddressGuard& guard,
                                                                     std::unique_ptr<headwater::Caller>& made) {
    made = headwater::s3::make_caller(guard);
}

extern "C" [[gnu::visibility("default")]] void headwater_make_s3_source(
    const headwater::S3Options& options, const headwater::Clock& clock,
    headwater::Result<std::unique_ptr<headwater::ObjectSource>>& made) {
    made = headwater::s3::make_s3_source(options, headwater::s3::process_environment(), clock);
}
