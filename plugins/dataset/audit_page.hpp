// An audit as text: a page for people, JSON and CSV for programs.
#pragma once

#include "audit_findings.hpp"

#include <cstddef>
#include <string>

/// One HTML file that needs nothing else: the answer in a sentence, tables, and at most `pictures` pairs of copies side
/// by side, the right one turned as it fits; pairs across parts first, each image of `test` once before any twice.
/// Reads those images again.
std::string audit_page(const Audit& audit, const fettle::Images& images, std::size_t pictures);

/// The numbers of the page.
std::string audit_json(const Audit& audit);

/// Every pair (RFC 4180): left, right, their parts and labels, turn, distance in bits, correlation, and whether every
/// pixel is equal.
std::string copies_csv(const Audit& audit);
