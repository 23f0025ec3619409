#include "jobs/services/prompt_params.hpp"

#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

namespace darkroom::jobs {

namespace {

bool is_whole(std::string_view text) {
    return !text.empty() && text.size() <= 4 && text.front() != '0' &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

} // namespace

bool ParamRule::is_for(std::string_view model) const {
    auto rest = models;
    while (!rest.empty()) {
        auto const one = rest.substr(0, rest.find(' '));
        if (one == model) return true;
        rest.remove_prefix(std::min(one.size() + 1, rest.size()));
    }
    return models.empty();
}

ParamRule const* PromptParams::find(std::string_view name) const {
    auto const found = std::find_if(rules.begin(), rules.end(),
                                    [name](ParamRule const& rule) { return rule.name == name; });
    return found == rules.end() ? nullptr : &*found;
}

bool PromptParams::names_model(std::string_view param) const {
    return std::find(model_params.begin(), model_params.end(), param) != model_params.end();
}

bool begins_with_param(std::string_view text) {
    return text.size() > 2 && text.starts_with("--") &&
           std::isalpha(static_cast<unsigned char>(text[2])) != 0;
}

bool is_ratio(std::string_view text) {
    auto const colon = text.find(':');
    return colon != std::string_view::npos && is_whole(text.substr(0, colon)) &&
           is_whole(text.substr(colon + 1));
}

std::string wrong_value(ParamRule const& rule, std::string_view value) {
    if (rule.shape == ParamRule::Shape::ratio && !is_ratio(value))
        return fmt::format("'--{} {}' is not a ratio of whole numbers such as 16:9", rule.name,
                           value);
    if (rule.shape != ParamRule::Shape::number) return {};
    double number = 0;
    auto const* const end = value.data() + value.size();
    auto const [stop, ec] = std::from_chars(value.data(), end, number);
    bool const is_number = ec == std::errc() && stop == end;
    if (is_number && number >= rule.least && number <= rule.most) return {};
    return fmt::format("'--{} {}' needs a number from {} to {}", rule.name, value, rule.least,
                       rule.most);
}

std::string PromptParams::unknown(std::string_view name) const {
    std::vector<std::string_view> names;
    for (auto const& rule : rules) names.push_back(rule.name);
    auto const meant = nearest(name, names);
    return fmt::format("unknown parameter '--{}'{}", name,
                       meant ? fmt::format(", did you mean '--{}'?", *meant) : "");
}

std::string PromptParams::wrong_model(std::string_view param, std::string_view value) const {
    auto const model = names_model(param) ? model_of(param, value) : std::nullopt;
    if (!model || std::find(models.begin(), models.end(), *model) != models.end()) return {};
    return fmt::format("'--{} {}': no such version is known", param, value);
}

} // namespace darkroom::jobs
