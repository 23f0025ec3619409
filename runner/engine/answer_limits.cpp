#include "runner/engine/answer_limits.hpp"

#include "runner/base/web_address.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::engine {

namespace {

void cut_link(std::string& url) {
    if (url.size() > url_bytes_max) url = url.substr(0, url_bytes_max + 1); // frees the rest
}

} // namespace

std::vector<std::string> first_texts(json::Value const& value, std::string_view key,
                                     std::size_t most) {
    std::vector<std::string> texts;
    auto const* list = value.find(key);
    if (list == nullptr || !list->is_array()) return texts;
    for (auto const& item : *list->array()) {
        if (texts.size() == most) break;
        if (item.is_string()) texts.push_back(*item.string());
    }
    return texts;
}

void cut_id(std::string& id) {
    if (id.size() > id_bytes_max) std::string().swap(id);
}

std::string cut_text(std::string text, std::size_t bytes) {
    if (text.size() <= bytes) return text;
    auto const continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
    while (bytes > 0 && continues(text[bytes])) --bytes;
    return text.substr(0, bytes);
}

void cut_lists(Answer& answer) {
    for (auto* id : {&answer.task_id, &answer.trace_id, &answer.image_id}) cut_id(*id);
    if (answer.sub_urls.size() > links_max) answer.sub_urls.resize(links_max);
    auto const is_too_long = [](std::string const& action) {
        return action.size() > action_bytes_max;
    };
    std::erase_if(answer.actions, is_too_long);
    if (answer.actions.size() > actions_max) answer.actions.resize(actions_max);
    answer.sub_urls.shrink_to_fit();
    answer.actions.shrink_to_fit();
}

void cut_links(Answer& answer) {
    cut_link(answer.url);
    for (auto& url : answer.sub_urls) cut_link(url);
}

void cut_words(Problem& problem) {
    cut_id(problem.task_id);
    cut_id(problem.trace_id);
    problem.code = cut_text(std::move(problem.code), code_bytes_max);
    problem.message = cut_text(std::move(problem.message), message_bytes_max);
}

} // namespace darkroom::engine
