#include "runner/store/journal_questions.hpp"

#include "runner/store/journal_row.hpp"

#include <algorithm>
#include <utility>

namespace darkroom::store {

Result<JournalQuestions> JournalQuestions::open(std::string const& path) {
    TRY_ASSIGN(auto database, Database::open(path, Database::Mode::read));
    TRY(check_schema(database, path));
    return JournalQuestions(std::move(database));
}

Result<std::vector<Digest>> JournalQuestions::keys_beginning(std::string_view digits,
                                                             std::size_t most) {
    std::vector<Digest> keys;
    auto const key_filled_with = [digits](char digit) {
        auto text = std::string(digits.substr(0, 64));
        text.resize(64, digit);
        Digest key{};
        return from_hex(text, key) ? std::optional(key) : std::nullopt;
    };
    auto const first = key_filled_with('0');
    auto const last = key_filled_with('f');
    if (!first || !last) return keys;
    TRY_ASSIGN(auto query, database_.prepare("SELECT key FROM steps WHERE key BETWEEN ? AND ? "
                                             "ORDER BY key LIMIT ?"));
    query.bind(1, *first).bind(2, *last).bind(3, static_cast<std::int64_t>(most));
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return keys;
        keys.push_back(query.digest(0));
    }
}

Result<std::optional<SubmissionTimes>> JournalQuestions::submission_times() {
    TRY_ASSIGN(auto query, database_.prepare("SELECT min(at), max(at), count(*) FROM facts "
                                             "WHERE kind = 'submitted'"));
    TRY_ASSIGN(auto const found, query.step());
    std::optional<SubmissionTimes> times;
    if (!found || query.integer(2) == 0) return times;
    times.emplace();
    times->first = WallTime(std::chrono::milliseconds(query.integer(0)));
    times->last = WallTime(std::chrono::milliseconds(query.integer(1)));
    return times;
}

Result<bool> JournalQuestions::is_set_aside(Digest const& step, std::string_view task_id) {
    TRY_ASSIGN(auto query, database_.prepare("SELECT kind, body FROM facts WHERE step = ? "
                                             "ORDER BY seq DESC"));
    query.bind(1, step);
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return false;
        TRY_ASSIGN(auto const body, json::read(query.text(1)));
        TRY_ASSIGN(auto const fact, engine::fact_from_json(query.text(0), body));
        if (task_named_by(fact) == task_id) return std::holds_alternative<engine::SetAside>(fact);
    }
}

Result<std::optional<engine::SavedImage>> JournalQuestions::image_in(std::string_view file) {
    if (!std::exchange(asks_for_images_, true)) {
        TRY_ASSIGN(image_in_, database_.prepare("SELECT body FROM images JOIN facts USING (seq) "
                                                "WHERE file = ? AND kind = 'image_saved'"));
    }
    ResetAtEnd const guard(image_in_);
    TRY_ASSIGN(bool const found, image_in_.bind(1, file).step());
    if (!found) return std::optional<engine::SavedImage>();
    TRY_ASSIGN(auto const body, json::read(image_in_.text(0)));
    TRY_ASSIGN(auto fact, engine::fact_from_json("image_saved", body));
    return std::optional(std::get<engine::ImageSaved>(std::move(fact)).image);
}

Result<std::vector<StoredFact>> JournalQuestions::last_facts(std::size_t most) {
    TRY_ASSIGN(auto query, database_.prepare("SELECT seq, step, at, kind, body FROM facts "
                                             "ORDER BY seq DESC LIMIT ?"));
    query.bind(1, static_cast<std::int64_t>(most));
    std::vector<StoredFact> facts;
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) break;
        facts.push_back({query.integer(0), query.digest(1),
                         WallTime(std::chrono::milliseconds(query.integer(2))),
                         std::string(query.text(3)), std::string(query.text(4))});
    }
    std::reverse(facts.begin(), facts.end());
    return facts;
}

Result<std::map<std::string, std::int64_t>> JournalQuestions::fact_counts() {
    TRY_ASSIGN(auto query, database_.prepare("SELECT kind, count(*) FROM facts GROUP BY kind"));
    std::map<std::string, std::int64_t> counts;
    for (;;) {
        TRY_ASSIGN(auto const more, query.step());
        if (!more) return counts;
        counts.emplace(query.text(0), query.integer(1));
    }
}

} // namespace darkroom::store
