#include "jobs/read/text_lint.hpp"

#include "jobs/services/prompt_params.hpp"
#include "runner/base/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <vector>

namespace darkroom::jobs {

namespace {

/// A word of a text, with its place in it.
struct Word {
    std::string_view text;
    std::size_t offset = 0;
    bool is_choice = false; ///< Within braces: only in some texts of the prompt.
};

/// Marks the bytes of a text that are within braces, without escaped braces; empty: none.
std::vector<bool> choices_in(std::string_view text) {
    if (text.find('{') == std::string_view::npos) return {};
    std::vector<bool> within(text.size());
    int depth = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        bool const is_plain = i > 0 && text[i - 1] == '\\';
        if (text[i] == '{' && !is_plain) ++depth;
        within[i] = depth > 0;
        if (text[i] == '}' && !is_plain && depth > 0) --depth;
    }
    return within;
}

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

/// Returns the words between blanks, without signs of a permutation around them. This runs for each
/// of a million rows, hence without find_first_of, which searches its set for every byte.
std::vector<Word> words_of(std::string_view text) {
    auto const is_sign = [](char c) { return c == '{' || c == '}' || c == ',' || c == '|'; };
    std::vector<Word> words;
    auto const within = choices_in(text);
    for (std::size_t from = 0; from < text.size();) {
        auto end = from;
        while (end < text.size() && !is_blank(text[end])) ++end;
        auto first = from;
        auto last = end;
        // A variable keeps its braces: its value is not known here.
        bool const is_variable = text.substr(from, end - from).find("{{") != std::string_view::npos;
        while (!is_variable && first < last && text[first] != '}' && is_sign(text[first])) ++first;
        while (!is_variable && first < last && text[last - 1] != '{' && is_sign(text[last - 1]))
            --last;
        if (first < last)
            words.push_back(
                {text.substr(first, last - first), first, !within.empty() && within[first]});
        from = end + 1;
    }
    return words;
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// Returns true for a value that is only known once variables and permutations are filled in.
bool is_open(std::string_view text) { return text.find_first_of("{}") != std::string_view::npos; }

/// Addresses of pages that show an image; people copy them from a browser.
struct PageSign {
    std::string_view host; ///< The end of it; empty: any.
    std::string_view path; ///< Somewhere in it, or at its end when it begins with a '.'.
};
constexpr std::array<PageSign, 15> page_signs{{{"", ".html"},
                                               {"", ".htm"},
                                               {"", ".php"},
                                               {"", ".aspx"},
                                               {"midjourney.com", "/jobs/"},
                                               {"discord.com", "/channels/"},
                                               {"github.com", "/blob/"},
                                               {"drive.google.com", "/file/"},
                                               {"photos.app.goo.gl", "/"},
                                               {"instagram.com", "/p/"},
                                               {"pinterest.com", "/pin/"},
                                               {"unsplash.com", "/photos/"},
                                               {"flickr.com", "/photos/"},
                                               {"wikipedia.org", "/wiki/"},
                                               {"wikimedia.org", "/wiki/"}}};

bool is_page(std::string_view url) {
    auto const small = to_lower(url.substr(0, url.find_first_of("?#")));
    auto const scheme = small.find("://");
    if (scheme == std::string::npos) return false;
    auto const rest = std::string_view(small).substr(scheme + 3);
    auto const slash = std::min(rest.find('/'), rest.size());
    auto const host = rest.substr(0, slash);
    auto const path = rest.substr(slash);
    // Some hosts serve images under "images." or "media.", pages under their own name.
    auto const is_at = [host](std::string_view name) {
        return host == name || host == "www." + std::string(name) ||
               (host.ends_with(name) && name.starts_with("wiki"));
    };
    return std::any_of(page_signs.begin(), page_signs.end(), [&](PageSign const& sign) {
        if (sign.host.empty()) return path.ends_with(sign.path);
        return is_at(sign.host) && path.find(sign.path) != std::string_view::npos;
    });
}

constexpr auto page_text =
    "this looks like a page, not an image: give the address of the image itself";

} // namespace

void PromptLint::look_at_param(std::string_view name, std::optional<std::string_view> value,
                               Where const& where, bool is_choice) {
    if (params_ == nullptr) return;
    auto const* rule = params_->find(name);
    if (!rule) {
        findings_.warning(where, params_->unknown(name));
        return;
    }
    if (is_twice(name, is_choice))
        findings_.warning(where, fmt::format("'--{}' is given twice", name));
    uses_.push_back({rule, where, is_choice});
    if (params_->names_model(name)) {
        note_model(name, value.value_or(""), where);
        if (is_choice) models_.emplace_back(); // or another one
    }
    if (!value || value->empty() || is_open(*value)) return;
    if (auto text = wrong_value(*rule, *value); !text.empty())
        findings_.warning(where, std::move(text));
}

std::optional<Where> PromptLint::place_of_param(std::string_view name) const {
    for (auto const& use : uses_) {
        if (use.rule->name == name) return use.where;
    }
    return std::nullopt;
}

void PromptLint::look_at_model() {
    if (models_.size() != 1 || models_.front().empty()) return; // not known
    for (auto const& [rule, where, is_choice] : uses_) {
        if (rule->is_for(models_.front())) continue;
        findings_.warning(where,
                          fmt::format("'--{}' is not for version {}, which ignores or refuses "
                                      "it",
                                      rule->name, models_.front()));
    }
}

/// Two parameters in braces may be alternatives of each other.
bool PromptLint::is_twice(std::string_view name, bool is_choice) const {
    return std::any_of(uses_.begin(), uses_.end(), [&](Use const& use) {
        return use.rule->name == name && !(use.is_choice && is_choice);
    });
}

/// Adds an empty name for a version that is not known before variables are filled in.
void PromptLint::note_model(std::string_view param, std::string_view value, Where const& where) {
    auto const named = is_open(value) ? std::nullopt : params_->model_of(param, value);
    if (!named) {
        models_.emplace_back();
        return;
    }
    auto model = *named;
    if (auto text = params_->wrong_model(param, value); !text.empty()) {
        findings_.warning(where, std::move(text));
        model.clear();
    }
    models_.push_back(std::move(model));
}

void PromptLint::look_at_text(std::string_view text, Where const& place) {
    auto const words = words_of(text);
    for (std::size_t i = 0; i < words.size(); ++i) {
        auto const word = words[i].text;
        auto const where = findings_.inside(place, text, words[i].offset);
        if (word.starts_with("http") && is_page(word)) {
            findings_.warning(where, page_text);
        } else if (params_ == nullptr) {
            continue;
        } else if (word.starts_with("--") && word.find_first_not_of('-') != word.npos) {
            bool const last = i + 1 == words.size() || words[i + 1].text.starts_with("--");
            auto const value = last ? std::nullopt : std::optional(words[i + 1].text);
            if (!is_open(word)) look_at_param(word.substr(2), value, where, words[i].is_choice);
        } else if (word.starts_with("\u2014") || word.starts_with("\u2013")) {
            auto const name = word.substr(std::string_view("\u2014").size());
            if (params_->find(name))
                findings_.warning(where,
                                  fmt::format("a long dash before '{0}': write '--{0}'", name));
        } else if (word.size() > 1 && word.front() == '-' && is_letter(word[1])) {
            findings_.warning(where,
                              fmt::format("'{}' has a single dash, which the service refuses: "
                                          "write '-{}'",
                                          word, word));
        }
    }
}

void lint_image_address(std::string_view url, Where const& where, Findings& findings) {
    if (is_page(url)) findings.warning(where, page_text);
}

void lint_part(std::string_view text, PartKind kind, Where const& where, PromptParams const* params,
               Findings& findings) {
    auto const signs = signs_in(text);
    if (signs == 0) return;
    lint_written(text, kind.source, kind.placeholder, where, findings);
    if ((signs & word_signs) == 0) return; // no dash and no address
    PromptLint lint(params, findings);
    lint.look_at_text(text, where);
    lint.look_at_model();
}

void lint_length(std::string_view prompt, Where const& where, Findings& findings) {
    auto const begins = [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; };
    auto const characters = std::count_if(prompt.begin(), prompt.end(), begins);
    if (static_cast<std::size_t>(characters) > prompt_characters_max)
        findings.warning(where, fmt::format("the prompt has {} characters; more than {} are cut or "
                                            "refused",
                                            characters, prompt_characters_max));
}

} // namespace darkroom::jobs
