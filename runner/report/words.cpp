#include "runner/report/words.hpp"

#include "runner/base/text.hpp"
#include "runner/base/time_text.hpp"
#include "runner/report/board.hpp"

#include <fmt/format.h>

#include <cstdlib>

namespace darkroom::report {

namespace {

constexpr jobs::Micros one = 1'000'000;

template <class... Fs>
struct Each : Fs... {
    using Fs::operator()...;
};
template <class... Fs>
Each(Fs...) -> Each<Fs...>;

/// Returns "cars/12/variation2  saved      the rest".
Worded line(std::string const& name, std::string_view what, std::string const& rest) {
    return {printable(fmt::format("{}  {:<9}  {}", name, what, rest)), Ink::plain, false};
}

Worded word_failure(engine::Failed const& failed, engine::StepInfo const& info) {
    auto const name = step_name(failed.info ? *failed.info : info);
    if (failed.left) {
        auto const rest = fmt::format("{}; {}", describe(failed.problem), advice(failed.problem));
        auto worded = line(name, "LEFT", rest);
        worded.colour = Ink::bad;
        worded.is_error = true;
        return worded;
    }
    if (!failed.final) {
        auto worded = line(name, "attempt", "failed: " + describe(failed.problem));
        worded.colour = Ink::busy;
        return worded;
    }
    auto const rest = fmt::format("{}; {}", describe(failed.problem), advice(failed.problem));
    auto worded = line(name, "FAILED", rest);
    worded.colour = Ink::bad;
    worded.is_error = true;
    return worded;
}

void set_problem(json::Value& line, engine::Problem const& problem) {
    line.set("class", class_of(problem.verdict));
    line.set("code", problem.code);
    line.set("message", problem.message);
    line.set("status", problem.status);
    line.set("trace_id", problem.trace_id);
}

void set_info(json::Value& line, engine::StepInfo const& info) {
    line.set("job", info.job);
    line.set("item", info.item);
    line.set("repeat", info.repeat);
    line.set("path", info.path);
}

/// Returns the first line, marked when there are more.
std::string first_line(std::string const& text) {
    auto const end = text.find('\n');
    return end == std::string::npos ? text : text.substr(0, end) + " …";
}

/// Returns "images/a.png 512x512 1.2 MB"; for a text its first line.
std::string saved_words(engine::SavedImage const& image, engine::StepState const& state) {
    if (engine::makes_text(state.info)) return first_line(state.answer.text);
    if (image.width == 0) return fmt::format("{} {}", image.file, format_bytes(image.bytes));
    auto text = fmt::format("{} {}x{} {}", image.file, image.width, image.height,
                            format_bytes(image.bytes));
    if (image.trailing > 0) text += fmt::format(", {} bytes after its end", image.trailing);
    return text;
}

void set_image(json::Value& line, engine::SavedImage const& image, int tile) {
    line.set("file", image.file);
    line.set("sha256", image.sha256);
    line.set("format", image.format);
    line.set("bytes", image.bytes);
    line.set("width", image.width);
    line.set("height", image.height);
    line.set("tile", tile == 0 ? json::Value() : json::Value(tile));
    if (image.trailing > 0) line.set("trailing", image.trailing);
}

void set_text(json::Value& line, engine::SavedImage const& saved, std::string const& text) {
    line.set("result", text);
    line.set("file", saved.file.empty() ? json::Value() : json::Value(saved.file));
    line.set("sha256", saved.sha256);
    line.set("bytes", saved.bytes);
}

/// Returns advice about a request that the service never took.
std::string_view advice_on_reaching(engine::Problem const& problem) {
    struct Row {
        std::string_view code, advice;
    };
    constexpr Row rows[] = {
        {not_the_service, "this is not the service: check service.url, and whether a proxy or a "
                          "sign-in page answers; the next run tries it again"},
        {"not_taken", "the next run sends it"},
        {"not_found", "the service never took it; the next run tries it again"},
        {"tls_untrusted", "see service.ca_file; the next run tries it again"},
        {"no_address", "check the host in service.url; the next run tries it again"},
        {"proxy_refused", "check service.proxy; the next run tries it again"},
        {engine::code_no_http2, "set service.http to auto or 1.1; the next run sends it"},
        {"in_the_ledger", "it may be paid, so nothing is sent for it: 'darkroom audit DIR' lists "
                          "tasks that no step has. With --ledger none it could be paid twice"},
    };
    for (auto const& row : rows) {
        if (row.code == problem.code) return row.advice;
    }
    return "the service did not take it, so it is not paid; the next run tries it again";
}

} // namespace

std::string advice_on_failures(std::uint64_t failed, std::uint64_t rejected,
                               std::string const& directory) {
    if (failed == 0) return {};
    auto const edit = fmt::format(
        "See {}/failed.jsonl: the service refuses what {} for. Edit the "
        "job file and run it again.",
        directory, rejected == 1 ? "1 step asks" : fmt::format("{} steps ask", rejected));
    if (rejected >= failed) return edit;
    if (rejected == 0)
        return fmt::format("See {0}/failed.jsonl; 'darkroom retry {0}' tries {1} again.", directory,
                           failed == 1 ? "it" : "them");
    return edit + fmt::format(" 'darkroom retry {}' tries the {} again.", directory,
                              failed - rejected == 1 ? "other" : "others");
}

json::Value text_or_null(std::string const& text) {
    return text.empty() ? json::Value() : json::Value(text);
}

std::string budget_words(jobs::Budget const& budget, std::string const& currency) {
    std::vector<std::string> limits;
    if (budget.generations)
        limits.push_back(counted(static_cast<std::uint64_t>(*budget.generations), "generation"));
    if (budget.cost) limits.push_back(money_text(*budget.cost, currency));
    return join(limits, " and ");
}

std::string counted(std::uint64_t number, std::string_view noun) {
    return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::string money_text(jobs::Micros amount, std::string const& currency) {
    return format_money(amount) + (currency.empty() ? "" : " " + currency);
}

std::string format_money(jobs::Micros amount) {
    auto const size = std::abs(amount);
    auto text = fmt::format("{}{}.{:06}", amount < 0 ? "-" : "", size / one, size % one);
    auto const point = text.find('.');
    while (text.back() == '0' && text.size() > point + 3) text.pop_back();
    return text;
}

json::Value money_value(jobs::Micros amount) {
    return json::Value(static_cast<double>(amount) / static_cast<double>(one));
}

std::string_view advice(engine::Problem const& problem) {
    using engine::Verdict;
    switch (problem.verdict) {
    case Verdict::transient: return advice_on_reaching(problem);
    case Verdict::rate:
        return "the service is busy; lower limits.rate, then 'darkroom retry DIR' tries it again";
    case Verdict::unknown: return "run again: it is looked up before anything is bought";
    case Verdict::rejected:
        if (problem.code == "not_offered") return "take this action out of the job file";
        return "change the prompt or its parameters, then run again";
    case Verdict::generation: return "not charged; 'darkroom retry DIR' tries it again";
    case Verdict::account: return "check the token (service.token or --token-file)";
    case Verdict::empty: return "top up the account, then run again";
    case Verdict::expired:
    case Verdict::download: return "it is paid for; run again to load it, nothing is bought";
    case Verdict::disk: return "free some space, then run again";
    }
    return "run again";
}

std::string describe(engine::Problem const& problem) {
    auto text = std::string(class_of(problem.verdict));
    if (!problem.code.empty()) text += ", " + problem.code;
    if (problem.status != 0) text += fmt::format(" ({})", problem.status);
    if (!problem.message.empty()) text += ": " + problem.message;
    if (!problem.trace_id.empty()) text += fmt::format(" [trace {}]", problem.trace_id);
    return printable(text);
}

Worded word(engine::Event const& event, engine::StepState const& state) {
    auto const name = step_name(state.info);
    auto const each = Each{
        [&](engine::Submitted const& fact) {
            auto const blank = fact.info.prompt.empty() ? "" : " ";
            auto const request = fact.info.action + blank + fact.info.prompt;
            return fact.by_earlier_run()
                       ? line(name, "looked up", request + " (sent before, as the ledger knows)")
                       : line(name, "submitted", request);
        },
        [&](engine::Accepted const& fact) { return line(name, "accepted", fact.task_id); },
        [&](engine::Finished const& fact) {
            auto const what = engine::kind_of_result(state.info);
            auto const blank = fact.answer.image_id.empty() ? "" : " ";
            return line(name, "finished",
                        fmt::format("{}{}{}, {}{}", what, blank, fact.answer.image_id,
                                    format_money(fact.cost),
                                    fact.by_earlier_run ? " (of an earlier run)" : ""));
        },
        [&](engine::Failed const& fact) { return word_failure(fact, state.info); },
        [&](engine::ImageSaved const& fact) {
            auto worded = line(name, "saved", saved_words(fact.image, state));
            worded.colour = Ink::good;
            return worded;
        },
        [&](engine::Skipped const& fact) {
            return line(step_name(fact.info), "skipped", fact.why);
        },
        [&](engine::Requeued const&) { return line(name, "requeued", "to be tried again"); },
        [&](engine::SetAside const& fact) {
            return line(name, "set aside", fmt::format("{}: {}", fact.task_id, fact.why));
        },
        [&](engine::ChargedAgain const& fact) {
            auto worded = line(name, "charged again",
                               fmt::format("{}, {}: the service called this task failed, and it "
                                           "succeeded after all",
                                           fact.task_id, format_money(fact.cost)));
            worded.colour = Ink::bad;
            return worded;
        },
    };
    return std::visit(each, event.fact);
}

std::string wait_text(Duration time) {
    constexpr auto short_max = std::chrono::seconds(10);
    if (time >= short_max) return format_span(time);
    return fmt::format("{:.1f}s", std::chrono::duration<double>(time).count());
}

Worded word(engine::Waiting const& waiting, std::string const& name) {
    bool const looks_up = waiting.problem.verdict == engine::Verdict::unknown;
    auto const how = looks_up             ? std::string("asking the service for its outcome")
                     : waiting.needs_link ? std::string("again with a fresh link from the service")
                                          : "again in " + wait_text(waiting.time);
    auto const why = waiting.is_recorded ? "" : ": " + describe(waiting.problem);
    auto worded = line(name, "waiting", how + why);
    worded.colour = Ink::busy;
    return worded;
}

std::string account_name(std::string const& name) {
    return name.empty() ? "the account without a name" : fmt::format("account '{}'", name);
}

Worded word(engine::ParkedAccount const& parked) {
    auto const others = parked.left == 1 ? std::string("1 account goes on")
                                         : fmt::format("{} accounts go on", parked.left);
    auto const text = fmt::format("{} is parked: {}; {}", account_name(parked.name),
                                  describe(parked.problem), others);
    return {printable(text), Ink::bad, true};
}

json::Value to_line(engine::ParkedAccount const& parked, WallTime at) {
    json::Value line;
    line.set("event", "parked");
    line.set("at", format_rfc3339(at));
    line.set("account", parked.name.empty() ? json::Value() : json::Value(parked.name));
    set_problem(line, parked.problem);
    line.set("left", parked.left);
    return line;
}

json::Value to_line(engine::Event const& event, engine::StepState const& state) {
    json::Value line;
    bool const is_text =
        std::holds_alternative<engine::ImageSaved>(event.fact) && engine::makes_text(state.info);
    line.set("event", is_text ? "text_saved" : engine::kind_of(event.fact));
    line.set("at", format_rfc3339(event.at));
    line.set("step", to_hex(event.step));
    auto const each = Each{
        [&](engine::Submitted const& fact) {
            set_info(line, fact.info);
            line.set("action", fact.info.action);
            line.set("prompt", fact.info.prompt);
            line.set("price", money_value(fact.price));
            line.set("by_earlier_run", fact.by_earlier_run());
        },
        [&](engine::Accepted const& fact) {
            set_info(line, state.info);
            line.set("task_id", fact.task_id);
        },
        [&](engine::Finished const& fact) {
            set_info(line, state.info);
            line.set("task_id", fact.answer.task_id);
            line.set("trace_id", fact.answer.trace_id);
            line.set("image_id", fact.answer.image_id);
            line.set("cost", money_value(fact.cost));
            line.set("by_earlier_run", fact.by_earlier_run);
        },
        [&](engine::Failed const& fact) {
            set_info(line, fact.info ? *fact.info : state.info);
            set_problem(line, fact.problem);
            line.set("final", fact.final);
            line.set("left", fact.left);
        },
        [&](engine::ImageSaved const& fact) {
            set_info(line, state.info);
            if (is_text) return set_text(line, fact.image, state.answer.text);
            auto const tile = engine::shown_tile(state.info, state.answer, fact.image.tile);
            set_image(line, fact.image, tile);
        },
        [&](engine::Skipped const& fact) {
            set_info(line, fact.info);
            line.set("why", fact.why);
        },
        [&](engine::Requeued const&) { set_info(line, state.info); },
        [&](engine::SetAside const& fact) {
            set_info(line, state.info);
            line.set("task_id", fact.task_id);
            line.set("why", fact.why);
        },
        [&](engine::ChargedAgain const& fact) {
            set_info(line, state.info);
            line.set("task_id", fact.task_id);
            line.set("cost", money_value(fact.cost));
        },
    };
    std::visit(each, event.fact);
    return line;
}

json::Value to_line(engine::Waiting const& waiting, WallTime at) {
    json::Value line;
    line.set("event", "waiting");
    line.set("at", format_rfc3339(at));
    line.set("step", to_hex(waiting.step));
    set_problem(line, waiting.problem);
    line.set("seconds", std::chrono::duration<double>(waiting.time).count());
    return line;
}

} // namespace darkroom::report
