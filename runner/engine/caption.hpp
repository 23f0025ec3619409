// The text of a picture for tools that learn from pictures. Pure.
#pragma once

#include "jobs/model/job_file.hpp"

#include <string>
#include <string_view>

namespace darkroom::engine {

/// The prompts of an image: as sent, and of the first generation above.
struct CaptionPrompts {
    std::string prompt;
    std::string root_prompt;
};

/// Returns a prompt without the addresses of images before it and the parameters after it.
std::string text_of_prompt(std::string_view prompt);
/// Returns the caption of an image; "" for one without a prompt, and with Captions::none.
std::string caption_of(jobs::Captions kind, CaptionPrompts const& prompts);

} // namespace darkroom::engine
