#include "jobs/services/addresses.hpp"

#include "jobs/language/prompt.hpp"
#include "runner/base/text.hpp"
#include "runner/base/web_address.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace darkroom::jobs {

namespace {

constexpr std::array<std::string_view, 4> endings{".png", ".jpg", ".jpeg", ".webp"};

} // namespace

std::string wrong_address(std::string const& url) {
    if (url.find_first_of(" \t\n") != std::string::npos)
        return fmt::format("the address '{}' has a blank in it", url);
    if (!has_web_scheme(url))
        return fmt::format(
            "'{}' is not an http(s) address: the service fetches the image itself, a "
            "local file can't be sent. Upload it where the service can reach it (a web server, a "
            "bucket with public links) and write that address",
            url);
    // Whatever else a service may understand, a name and an international host, is its own affair.
    auto const fault = read_web_address(url).fault;
    return fault.empty() ? "" : fmt::format("the address '{}' can't be fetched: {}", url, fault);
}

bool is_mask_file(std::string_view text) {
    if (text.starts_with("{{") || has_web_scheme(text)) return false;
    std::string lower(text);
    std::transform(lower.begin(), lower.end(), lower.begin(),
                   [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return std::any_of(endings.begin(), endings.end(),
                       [&lower](std::string_view ending) { return lower.ends_with(ending); });
}

bool has_variables(std::string_view text) { return text.find("{{") != std::string_view::npos; }

std::optional<std::string> address_to_fill(json::Value const& fields, std::string_view key) {
    auto text = fields.text(key);
    return text && has_variables(*text) ? text : std::nullopt;
}

std::string wrong_mask(std::string const& text) {
    if (has_web_scheme(text)) return wrong_address(text);
    return fmt::format(
        "'{}' is neither an http(s) address nor the name of a PNG, JPEG or WebP file", text);
}

bool is_one_variable(std::string_view text) {
    std::vector<TextProblem> ignored; // reported when the text was read
    auto const written = trim(text);
    return written.starts_with("{{") && written.find("}}") + 2 == written.size() &&
           variables_in(written, ignored).size() == 1;
}

std::string gap_in_address(std::string_view text, Variables const& variables) {
    std::vector<TextProblem> ignored; // reported when the text was read
    auto const uses = variables_in(text, ignored);
    if (is_one_variable(text)) return {};
    for (auto const& use : uses) {
        bool const is_given =
            std::any_of(variables.begin(), variables.end(), [&use](auto const& one) {
                return one.first == use.name && !one.second.empty();
            });
        if (!is_given && !use.has_default)
            return fmt::format("'{0}' is empty in '{1}': write '{{{{{0}|}}}}' if nothing is to "
                               "stand there",
                               use.name, text);
    }
    return {};
}

} // namespace darkroom::jobs
