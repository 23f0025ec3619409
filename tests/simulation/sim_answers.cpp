#include "tests/simulation/sim_answers.hpp"

#include "jobs/services/midjourney/model.hpp"

#include <fmt/format.h>

namespace darkroom::simulation {

namespace {

std::string make_list(bool is_grid) {
    std::string list;
    auto const kind = is_grid ? jobs::ResultKind::grid : jobs::ResultKind::single;
    for (auto const action : jobs::midjourney::model.matching_actions("*", kind))
        list += fmt::format("{}\"{}\"", list.empty() ? "" : ",", action);
    return list;
}

std::string_view actions_of(bool is_grid) {
    static std::string const grid = make_list(true);
    static std::string const single = make_list(false);
    return is_grid ? grid : single;
}

bool is_text(Task const& task) { return !jobs::midjourney::model.endpoint_at(task.path).draws(); }

std::string text_members(Task const& task) {
    if (task.path == "/midjourney/describe") return R"("descriptions":["a boat","a small boat"])";
    if (task.path == "/midjourney/shorten")
        return R"("prompts":["a boat"],"cost":0.18,"started_at":1,"finished_at":2,"elapsed":1)";
    if (task.path == "/midjourney/translate") return R"("content":"a boat")";
    return fmt::format(R"("seed":"{}")", task.number);
}

} // namespace

std::string_view good_error(ErrorForm form) {
    switch (form) {
    case ErrorForm::absent: break;
    case ErrorForm::null: return R"("error":null,)";
    case ErrorForm::empty_text: return R"("error":"",)";
    case ErrorForm::empty_object: return R"("error":{},)";
    case ErrorForm::empty_list: return R"("error":[],)";
    case ErrorForm::no: return R"("error":false,)";
    case ErrorForm::zero_code: return R"("error":{"code":0,"message":""},)";
    }
    return "";
}

std::string answer_members(SimService const& service, Task const& task) {
    if (is_text(task)) return text_members(task);
    auto const link = service.link_of(task);
    if (task.path == "/midjourney/videos")
        return fmt::format(R"("image_url":"{0}","image_width":560,"image_height":688,)"
                           R"("video_id":"{1}","video_urls":["{0}"],"progress":100)",
                           link, task.image_id);
    int const side = task.is_grid ? 2048 : 1024;
    auto members = fmt::format(R"("image_url":"{0}thumb=50","image_width":{2},"image_height":{2},)"
                               R"("image_id":"{1}","raw_image_url":"{0}","raw_image_width":{3},)"
                               R"("raw_image_height":{3},"progress":100)",
                               link, task.image_id, side / 2, side);
    if (task.path == "/midjourney/imagine")
        members += fmt::format(R"(,"actions":[{}])", actions_of(task.is_grid));
    return members;
}

std::string last_word(SimService const& service, Task const& task) {
    auto const error = task.error_at(service.clock().now());
    if (!error.empty()) {
        auto const id = is_text(task) ? std::string() : fmt::format(R"("task_id":"{}",)", task.id);
        return fmt::format(R"({{"success":false,{}"error":{{"code":"{}","message":"no picture"}},)"
                           R"("trace_id":"trace-{}"}})",
                           id, error, task.number);
    }
    if (is_text(task)) return "{" + answer_members(service, task) + "}";
    return fmt::format(R"({{{}{},"task_id":"{}","success":{}}})",
                       good_error(service.imperfections.error), answer_members(service, task),
                       task.id, !service.imperfections.success_is_false);
}

std::string preview_line(SimService const& service, Task const& task, int percent) {
    return fmt::format(
        R"({{{}"image_url":"https://images.invalid/p{}.webp","image_id":"2{}{}","progress":{},)"
        R"("actions":[],"task_id":"{}","success":{}}})",
        good_error(service.imperfections.error), percent, percent, task.image_id, percent, task.id,
        !service.imperfections.success_is_false);
}

std::string acknowledgement(Task const& task) {
    return fmt::format(R"({{"success":true,"task_id":"{}"}})", task.id);
}

std::string error_body(std::string_view code, std::string_view task_id) {
    auto const id = task_id.empty() ? std::string() : fmt::format(R"("task_id":"{}",)", task_id);
    return fmt::format(R"({{{}"error":{{"code":"{}","message":"it says {}"}},"trace_id":"t"}})", id,
                       code, code);
}

std::string page_of(int status) {
    return fmt::format("<html><head><title>{0}</title></head><body><h1>{0}</h1></body></html>\n",
                       status);
}

} // namespace darkroom::simulation
