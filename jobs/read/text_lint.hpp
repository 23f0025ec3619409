// Warns of what is usually a mistake in the text of a prompt.
#pragma once

#include "jobs/read/written_lint.hpp"
#include "jobs/yaml/findings.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace darkroom::jobs {

struct ParamRule;
struct PromptParams;

/// Front ends of the model cut or refuse a prompt with more characters.
constexpr std::size_t prompt_characters_max = 6000;

/// Checks the texts and parameters of one prompt, one after the other.
class PromptLint {
public:
    /// `params`: of the service's prompts; null where a `--` has no meaning.
    PromptLint(PromptParams const* params, Findings& findings)
        : params_(params), findings_(findings) {}

    void look_at_text(std::string_view text, Where const& place);
    /// Checks `--name value`. `is_choice`: it is within braces.
    void look_at_param(std::string_view name, std::optional<std::string_view> value,
                       Where const& where, bool is_choice = false);
    /// Warns of parameters that the model does not take. Call it last.
    void look_at_model();
    /// Returns the place of the first parameter of that name.
    std::optional<Where> place_of_param(std::string_view name) const;

private:
    struct Use {
        ParamRule const* rule;
        Where where;
        bool is_choice;
    };

    bool is_twice(std::string_view name, bool is_choice) const;
    void note_model(std::string_view param, std::string_view value, Where const& where);

    PromptParams const* params_;
    Findings& findings_;
    std::vector<Use> uses_;
    std::vector<std::string> models_; ///< One entry for each time a model is named.
};

/// Warns of the address of a page where the address of an image is needed.
void lint_image_address(std::string_view url, Where const& where, Findings& findings);
/// Says what a part of a prompt is.
struct PartKind {
    TextOrigin source = TextOrigin::prompt;
    std::string_view placeholder = {}; ///< See lint_written().
};
/// Checks a text that becomes part of a prompt on its own: a variable's value, a cell of a table, a
/// follow-up's prompt. `params`: see PromptLint.
void lint_part(std::string_view text, PartKind kind, Where const& where, PromptParams const* params,
               Findings& findings);
/// Checks the length of a prompt as it is sent; `where` is the place of the job's prompt.
void lint_length(std::string_view prompt, Where const& where, Findings& findings);

} // namespace darkroom::jobs
