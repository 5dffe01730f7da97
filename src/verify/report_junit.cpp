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

/// Spells the grade of dead letters as properties, which no test hangs on.
std::string suite_of(const LetterGrade& letters) {
    std::string properties;
    const auto add = [&](const std::string& name, uint64_t some, uint64_t all) {
        properties += "      <property name=\"" + escaped_markup(name) + "\" value=\"" + std::to_string(some) + " of " +
                      std::to_string(all) + "\"/>\n";
    };
    for (const CaughtCounts& one : letters.caught) {
        add("recall of " + one.name, one.caught, one.records);
        add("precision of " + one.name, one.carrying, one.letters);
    }
    for (const ReasonCounts& one : letters.reasons)
        add("precision of reason " + one.reason + " for " + (one.name.empty() ? "nothing" : one.name), one.carrying,
            one.letters);
    return "  <testsuite name=\"dead letters\" tests=\"0\" failures=\"0\">\n    <properties>\n" + properties +
           "    </properties>\n  </testsuite>\n";
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
        std::string ordered;
        for (const FaultGrade& fault : stream.faults)
            ordered += "      <property name=\"ordered by " + escaped_markup(fault.name) + "\" value=\"" +
                       std::to_string(fault.strokes) + " " + std::string(name_of(ordered_by(fault.verb))) + ", " +
                       std::to_string(fault.as_ordered) + " landed so\"/>\n";
        if (!ordered.empty()) cases = "    <properties>\n" + ordered + "    </properties>\n" + cases;
        all_tests += difference_kinds;
        all_failures += failures;
        suites += "  <testsuite name=\"" + escaped_markup(suite_name(stream)) + "\" tests=\"" +
                  std::to_string(difference_kinds) + "\" failures=\"" + std::to_string(failures) + "\">\n" + cases +
                  "  </testsuite>\n";
    }
    if (grade.letters) suites += suite_of(*grade.letters);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"headwater verify " +
           escaped_markup(grade.run) + "\" tests=\"" + std::to_string(all_tests) + "\" failures=\"" +
           std::to_string(all_failures) + "\">\n" + suites + "</testsuites>\n";
}

}  // namespace headwater
