// Fault scripts from text.
#pragma once

#include "runner/studio/faults/faults.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace darkroom::test {

/// Reads a script with these rules, which are JSON objects with commas between them.
inline studio::FaultScript fault_script(std::string const& rules) {
    auto const value = json::read("{\"faults\": [" + rules + "]}");
    BOOST_REQUIRE_MESSAGE(value.has_value(), rules);
    auto script = studio::read_fault_script(*value);
    BOOST_REQUIRE_MESSAGE(script.has_value(), (script ? std::string() : script.error().message()));
    return *script;
}

} // namespace darkroom::test
