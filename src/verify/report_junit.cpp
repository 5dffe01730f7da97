// For telling continuous integration what verify found, as JUnit has it.
#include "verify/markup.h"
#include "verify/report.h"

namespace headwater {

namespace {

std::string suite_name(const StreamGrade& stream) {
    const std::string name = stream.stream.empty() ? "(no stream)" : stream.stream;
    return stream.part > 0 ? name + " part " + std::to_string(stream.part) : name;
}

std::string failure_of(const StreamGrade& stream, DifferenceKind kind, const Grade& grade,
                       const std::vector<Shape>& shapes) {
    const std::string kind_name(name_of(kind));
    const std::string count = std::to_string(stream.counts.of(kind));
    std::string text = "      <failure message=\"" + count + " records " + kind_name + "\">";
    for (const Difference& one : grade.examples) {
        const std::string name = one.shape < 0 ? "" : shapes[static_cast<size_t>(one.shape)].stream();
        if (one.kind != kind || name != stream.stream) continue;
        text += escaped_markup(place_of(one, grade, shapes) + ": " + words_of(one, shapes)) + "\n";
    }
    return text + "</failure>\n";
}

}  // namespace

std::string report_junit(const Grade& grade, const std::vector<Shape>& shapes) {
    std::string suites;
    size_t all_tests = 0, all_failures = 0;
    for (const StreamGrade& stream : grade.streams) {
        if (stream.counts.sent + stream.counts.landed + stream.counts.all_differences() == 0) continue;
        std::string cases;
        size_t failures = 0;
        for (DifferenceKind kind : all_differences) {
            cases += "    <testcase classname=\"" + escaped_markup(suite_name(stream)) + "\" name=\"none is " +
                     std::string(name_of(kind)) + "\">\n";
            if (stream.counts.of(kind) > 0) {
                ++failures;
                cases += failure_of(stream, kind, grade, shapes);
            }
            cases += "    </testcase>\n";
        }
        all_tests += difference_kinds;
        all_failures += failures;
        suites += "  <testsuite name=\"" + escaped_markup(suite_name(stream)) + "\" tests=\"" +
                  std::to_string(difference_kinds) + "\" failures=\"" + std::to_string(failures) + "\">\n" + cases +
                  "  </testsuite>\n";
    }
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"headwater verify " +
           escaped_markup(grade.run) + "\" tests=\"" + std::to_string(all_tests) + "\" failures=\"" +
           std::to_string(all_failures) + "\">\n" + suites + "</testsuites>\n";
}

}  // namespace headwater
