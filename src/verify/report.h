// For telling people and machines what verify found.
#pragma once

#include <string>
#include <vector>

#include "verify/grade.h"

namespace headwater {

/// Spells a grade as a table with the differences that are told in full.
std::string report_text(const Grade& grade, const std::vector<Shape>& shapes);
/// Spells a grade as one JSON object.
std::string report_json(const Grade& grade, const std::vector<Shape>& shapes);
/// Spells a grade as a suite of JUnit, in which every kind of difference of a stream is a test.
std::string report_junit(const Grade& grade, const std::vector<Shape>& shapes);
/// Spells a grade as a page of HTML that needs nothing else.
std::string report_html(const Grade& grade, const std::vector<Shape>& shapes);

/// Says where a difference is: its stream, its row, where it landed.
std::string place_of(const Difference& one, const Grade& grade, const std::vector<Shape>& shapes);
/// Says what is wrong with one record, in words.
std::string words_of(const Difference& one, const std::vector<Shape>& shapes);

}  // namespace headwater
