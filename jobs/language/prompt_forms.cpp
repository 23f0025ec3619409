// Templates that are made of others.
#include "jobs/language/prompt.hpp"
#include "jobs/language/prompt_parts.hpp"

namespace darkroom::jobs {

Template Template::one_of(std::vector<Template> const& texts) {
    auto choice = std::make_shared<Choice>();
    for (auto const& text : texts) {
        Option option;
        for (auto const& part : text.parts_) {
            for (auto const& piece : part->parts) option.text.add(piece);
        }
        choice->options.push_back(std::move(option));
    }
    choice->close();
    TextPart part;
    part.kind = TextPart::Kind::choice;
    part.choice = std::move(choice);
    TextSequence sequence;
    sequence.add(std::move(part));
    Template result;
    result.count_ = sequence.count;
    result.parts_.push_back(std::make_shared<TextSequence const>(std::move(sequence)));
    return result;
}

Template Template::option(std::string name, Template const& value) {
    TextSequence sequence;
    for (auto const& part : value.parts_) {
        for (auto const& piece : part->parts) sequence.add(piece);
    }
    sequence.longest = plus(sequence.longest, name.size() + 1);
    sequence.lead = std::move(name);
    Template result;
    result.count_ = sequence.count;
    result.parts_.push_back(std::make_shared<TextSequence const>(std::move(sequence)));
    return result;
}

} // namespace darkroom::jobs
