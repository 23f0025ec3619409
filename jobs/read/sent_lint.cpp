#include "jobs/read/sent_lint.hpp"

#include "jobs/services/prompt_params.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace darkroom::jobs {

namespace {

using Kind = SentProblem::Kind;

bool ends_word(char c) { return c == ' ' || c == '\t' || c == '\n'; }
bool is_figure(char c) { return c >= '0' && c <= '9'; }
bool is_alphabetic(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_name_character(char c) { return is_alphabetic(c) || is_figure(c) || c == '-'; }
bool is_stop(char c) { return c == ',' || c == ';' || c == '.'; }

std::vector<std::string_view> words_from(std::string_view text, std::size_t from) {
    std::vector<std::string_view> words;
    while (from < text.size()) {
        auto end = from;
        while (end < text.size() && !ends_word(text[end])) ++end;
        if (end > from) words.push_back(text.substr(from, end - from));
        from = end + 1;
    }
    return words;
}

bool is_unknown(std::string_view text) { return text.find(unknown_text) != text.npos; }

bool is_param(std::string_view word) {
    return word.size() > 2 && word.starts_with("--") && is_alphabetic(word[2]);
}

bool is_address(std::string_view word) {
    return word.starts_with("http://") || word.starts_with("https://");
}

/// Returns true for an address, a number or a code such as `m7230`, as `--sref` takes them.
bool is_code(std::string_view word, bool takes_letters) {
    if (is_address(word) || word == "random") return true;
    if (std::any_of(word.begin(), word.end(), is_figure)) return true;
    constexpr std::size_t code_size = 5;
    return takes_letters && word.size() >= code_size &&
           std::all_of(word.begin(), word.end(), is_alphabetic);
}

/// Goes over the words from the first parameter on.
class SentCheck {
public:
    SentCheck(std::vector<std::string_view> words, PromptParams const& params,
              std::string_view mode)
        : words_(std::move(words)), params_(params), mode_(mode) {}

    std::vector<SentProblem> run() {
        while (at_ < words_.size()) {
            if (is_param(words_[at_])) {
                look_at_param(words_[at_].substr(2));
            } else {
                if (words_[at_] == "--") look_at_gap();
                ++at_;
            }
        }
        return std::move(problems_);
    }

private:
    void look_at_gap() {
        auto const next = at_ + 1 < words_.size() ? words_[at_ + 1] : std::string_view();
        auto const name = next.substr(0, name_size(next));
        if (!params_.find(name)) return;
        add(Kind::gap, words_[at_],
            fmt::format("'-- {0}' has a blank behind the dashes: write '--{0}'", name));
        ++at_;
        look_at_param(next);
        --at_;
    }

    static std::size_t name_size(std::string_view text) {
        auto const* const end = std::find_if_not(text.begin(), text.end(), is_name_character);
        return static_cast<std::size_t>(end - text.begin());
    }

    /// `written` is the word without its dashes.
    void look_at_param(std::string_view written) {
        auto const word = words_[at_++];
        auto const name = written.substr(0, name_size(written));
        auto const* rule = params_.find(name);
        auto const from = at_;
        if (!rule || is_unknown(word)) {
            if (!rule && !is_unknown(word)) add(Kind::unknown, word, params_.unknown(written));
            while (at_ < words_.size() && !is_param(words_[at_])) ++at_;
            return;
        }
        bool const stops = written.size() > name.size() && is_stop(written[name.size()]);
        if (stops) warn_of_stop(word, std::string(word));
        look_at_meaning(*rule, word);
        take_values(*rule, word);
        if (goes_on() && !is_unknown(words_[at_])) look_at_words(word, from);
        while (goes_on()) ++at_;
    }

    /// Returns true if the next word belongs to the parameter at hand.
    bool goes_on() const {
        return at_ < words_.size() && !is_param(words_[at_]) && words_[at_] != "--";
    }

    void take_values(ParamRule const& rule, std::string_view word) {
        auto const from = at_;
        switch (rule.shape) {
        case ParamRule::Shape::flag: return;
        case ParamRule::Shape::words:
            while (goes_on()) ++at_;
            if (std::all_of(words_.begin() + static_cast<std::ptrdiff_t>(from),
                            words_.begin() + static_cast<std::ptrdiff_t>(at_),
                            [](auto one) { return one.find_first_not_of(",;.") == one.npos; }))
                add(Kind::nothing, word, fmt::format("'{}' has no words behind it", word));
            return;
        case ParamRule::Shape::codes:
        case ParamRule::Shape::letters:
            while (goes_on() && (is_unknown(words_[at_]) ||
                                 is_code(words_[at_], rule.shape == ParamRule::Shape::letters)))
                ++at_;
            break;
        case ParamRule::Shape::maybe:
            if (goes_on() && is_figure(words_[at_].front())) ++at_;
            break;
        case ParamRule::Shape::number:
        case ParamRule::Shape::ratio:
        case ParamRule::Shape::text:
            if (goes_on()) ++at_;
            break;
        }
        for (auto i = from; i < at_; ++i) {
            if (is_stop(words_[i].back()))
                warn_of_stop(word, fmt::format("{} {}", word, words_[i]));
        }
        look_at_value(rule, word, from < at_ ? words_[from] : std::string_view());
    }

    void look_at_value(ParamRule const& rule, std::string_view word, std::string_view value) {
        auto const stop = value.find_last_not_of(",;.");
        bool const is_bare =
            rule.shape == ParamRule::Shape::maybe || rule.shape == ParamRule::Shape::letters;
        if (stop == value.npos && !is_bare)
            return add(Kind::nothing, word, fmt::format("'{}' has no value behind it", word));
        auto const bare = value.substr(0, stop + 1);
        if (is_unknown(value) || word.size() != rule.name.size() + 2) return;
        auto text = wrong_value(rule, bare);
        if (text.empty() && !bare.empty()) text = params_.wrong_model(rule.name, bare);
        if (!text.empty()) add(Kind::value, word, std::move(text));
    }

    void warn_of_stop(std::string_view word, std::string const& shown) {
        add(Kind::stop, word,
            fmt::format("'{}': leave out the '{}', parameters have only blanks between them", shown,
                        shown.back()));
    }

    void look_at_words(std::string_view word, std::size_t from) {
        std::string shown(word);
        for (auto i = from; i < at_; ++i) shown += ' ' + std::string(words_[i]);
        if (is_address(words_[at_]))
            add(Kind::address, word,
                fmt::format("an address behind '{}': addresses stand before the words, in "
                            "'images'",
                            shown));
        else
            add(Kind::words, word,
                fmt::format("'{}' is behind '{}': words stand before all parameters", words_[at_],
                            shown));
    }

    void look_at_meaning(ParamRule const& rule, std::string_view word) {
        if (params_.names_model(rule.name)) {
            if (!model_.empty() && model_ != rule.name)
                add(Kind::models, word,
                    fmt::format("'--{}' and '--{}' name two models", model_, rule.name));
            model_ = rule.name;
        }
        if (rule.meaning == ParamRule::Meaning::repeats)
            add(Kind::repeat, word, fmt::format("'{}' is refused: use 'repeat' of the job", word));
        bool const is_against =
            rule.meaning == ParamRule::Meaning::speed && rule.name != mode_ && !is_unknown(mode_);
        if (is_against)
            add(Kind::speed, word,
                fmt::format("'{}', but the request asks for 'mode: {}': use 'mode' of the job",
                            word, mode_));
    }

    void add(Kind kind, std::string_view word, std::string text) {
        problems_.push_back({kind, word, std::move(text)});
    }

    std::vector<std::string_view> words_;
    PromptParams const& params_;
    std::string_view mode_;
    std::size_t at_ = 0;
    std::string_view model_; ///< The parameter that named the model.
    std::vector<SentProblem> problems_;
};

} // namespace

std::vector<SentProblem> problems_of_sent(std::string_view text, PromptParams const& params,
                                          std::string_view mode) {
    auto const from = text.find("--");
    if (from == std::string_view::npos) return {};
    auto begin = from;
    while (begin > 0 && !ends_word(text[begin - 1])) --begin;
    return SentCheck(words_from(text, begin), params, mode).run();
}

} // namespace darkroom::jobs
