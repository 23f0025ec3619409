#include "tests/jobs/written_jobs.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <string_view>

namespace darkroom::jobs::test {

namespace {

template <class Values>
auto const& any_of(Values const& values, Dice& dice) {
    return values[dice.below(values.size())];
}

template <class T>
void shuffle(std::vector<T>& values, Dice& dice) {
    for (auto left = values.size(); left > 1; --left)
        std::swap(values[left - 1], values[dice.below(left)]);
}

bool coin(Dice& dice) { return dice.below(2) == 0; }

/// Texts that are easily taken for something else, made different by a number.
std::string odd_text(Dice& dice) {
    constexpr std::array<std::string_view, 10> forms{
        "red", "a, b", "it's", "say \"hi\"", "key: value", "{x}", "café", "#7", "back\\slash", "0"};
    return std::string(any_of(forms, dice)) + std::to_string(dice.below(1000));
}

std::string word(Dice& dice) {
    constexpr std::array<std::string_view, 6> words{"cat", "fog", "volcano", "mond", "lamp", "sea"};
    return std::string(any_of(words, dice)) + std::to_string(dice.below(40));
}

std::vector<std::string> some(std::string (*make)(Dice&), std::uint64_t count, Dice& dice) {
    std::set<std::string> made;
    while (made.size() < count) made.insert(make(dice));
    std::vector<std::string> values(made.begin(), made.end());
    shuffle(values, dice);
    return values;
}

Meant random_job(Dice& dice) {
    Meant job;
    for (auto const* name : {"m0", "m1"}) {
        if (coin(dice)) job.matrix.push_back({name, some(odd_text, 1 + dice.below(3), dice)});
    }
    job.leaves_out = !job.matrix.empty() && job.matrix[0].values.size() > 1 && coin(dice);
    if (coin(dice)) {
        job.columns = {"c0", "c1"};
        for (auto left = 1 + dice.below(4); left > 0; --left)
            job.rows.push_back({odd_text(dice), odd_text(dice)});
    }
    std::vector<Segment> segments{{Segment::Kind::word, {word(dice)}}};
    for (auto const& axis : job.matrix) segments.push_back({Segment::Kind::variable, {axis.name}});
    for (auto const& column : job.columns) segments.push_back({Segment::Kind::variable, {column}});
    for (auto left = dice.below(3); left > 0; --left)
        segments.push_back({Segment::Kind::choice, some(word, 2 + dice.below(2), dice)});
    shuffle(segments, dice);
    job.prompt = std::move(segments);
    if (coin(dice)) job.params.emplace_back("ar", coin(dice) ? "16:9" : "1:1");
    if (coin(dice)) job.params.emplace_back("chaos", std::to_string(dice.below(100)));
    if (coin(dice)) job.mode = coin(dice) ? "relax" : "turbo";
    job.repeat = 1 + static_cast<int>(dice.below(3));
    if (coin(dice)) job.chain = {"variation" + std::to_string(1 + dice.below(4)), "upscale2"};
    return job;
}

/// Calls `take` with each text of the prompt; `picked` holds the values of its variables.
void for_each_text(Meant const& job, std::vector<std::pair<std::string, std::string>> const& picked,
                   std::function<void(std::string const&)> const& take) {
    std::vector<std::string> texts{""};
    for (auto const& segment : job.prompt) {
        auto options = segment.texts;
        if (segment.kind == Segment::Kind::variable) {
            auto const same = [&](auto const& one) { return one.first == segment.texts[0]; };
            options = {std::find_if(picked.begin(), picked.end(), same)->second};
        }
        std::vector<std::string> longer;
        for (auto const& text : texts) {
            for (auto const& option : options)
                longer.push_back(text.empty() ? option : text + ' ' + option);
        }
        texts = std::move(longer);
    }
    for (auto text : texts) {
        for (auto const& [name, value] : job.params) text += " --" + name + ' ' + value;
        take(text);
    }
}

/// Calls `take` with the values of the variables of each row and combination.
void for_each_pick(
    Meant const& job,
    std::function<void(std::vector<std::pair<std::string, std::string>> const&)> const& take) {
    std::vector<std::vector<std::pair<std::string, std::string>>> picks{{}};
    for (auto const& axis : job.matrix) {
        std::vector<std::vector<std::pair<std::string, std::string>>> more;
        for (auto const& pick : picks) {
            for (auto const& value : axis.values) {
                bool const is_first = &axis == job.matrix.data() && value == axis.values[0];
                if (job.leaves_out && is_first) continue;
                more.push_back(pick);
                more.back().emplace_back(axis.name, value);
            }
        }
        picks = std::move(more);
    }
    for (std::size_t row = 0; row < std::max<std::size_t>(job.rows.size(), 1); ++row) {
        for (auto pick : picks) {
            for (std::size_t column = 0; column < job.columns.size(); ++column)
                pick.emplace_back(job.columns[column], job.rows[row][column]);
            take(pick);
        }
    }
}

void edit_value(Meant& job, Dice& dice) {
    if (!job.matrix.empty() && coin(dice)) {
        auto& values = job.matrix[dice.below(job.matrix.size())].values;
        values[dice.below(values.size())] = "new " + odd_text(dice);
    } else if (!job.rows.empty() && coin(dice)) {
        auto& row = job.rows[dice.below(job.rows.size())];
        row[dice.below(row.size())] = "new " + odd_text(dice);
    } else {
        auto& segment = job.prompt[dice.below(job.prompt.size())];
        if (segment.kind == Segment::Kind::variable)
            job.prompt.push_back({Segment::Kind::word, {"added"}});
        else
            segment.texts[dice.below(segment.texts.size())] = "changed" + word(dice);
    }
}

void edit_number(Meant& job, Dice& dice) {
    if (!job.matrix.empty() && coin(dice)) {
        job.matrix.back().values.push_back("more " + odd_text(dice));
    } else if (job.rows.size() > 1 && coin(dice)) {
        job.rows.pop_back();
    } else {
        job.repeat = job.repeat > 1 && coin(dice) ? job.repeat - 1 : job.repeat + 1;
    }
}

void edit_rest(Meant& job, Dice& dice) {
    switch (dice.below(3)) {
    case 0: job.mode = job.mode == "fast" ? "relax" : "fast"; break;
    case 1:
        if (job.params.empty())
            job.params.emplace_back("stylize", "7");
        else
            job.params.pop_back();
        break;
    default:
        if (job.chain.empty())
            job.chain = {"upscale1"};
        else
            job.chain.back() = "upscale3";
    }
}

} // namespace

MeantFile random_file(Dice& dice) {
    MeantFile file;
    for (auto left = 1 + dice.below(3); left > 0; --left) file.push_back(random_job(dice));
    return file;
}

void edit(MeantFile& file, Dice& dice) {
    auto& job = file[dice.below(file.size())];
    switch (dice.below(8)) {
    case 0: file.push_back(random_job(dice)); break;
    case 1:
        if (file.size() > 1) file.pop_back();
        break;
    case 2:
    case 3:
    case 4: edit_value(job, dice); break;
    case 5:
    case 6: edit_number(job, dice); break;
    default: edit_rest(job, dice);
    }
}

std::uint64_t meant_items(MeantFile const& file) {
    std::uint64_t count = 0;
    for (auto const& job : file) {
        for_each_pick(job, [&](auto const& pick) {
            for_each_text(job, pick,
                          [&](auto const&) { count += static_cast<std::uint64_t>(job.repeat); });
        });
    }
    return count;
}

std::set<std::string> meant_steps(MeantFile const& file) {
    std::set<std::string> steps;
    for (auto const& job : file) {
        for_each_pick(job, [&](auto const& pick) {
            for_each_text(job, pick, [&](std::string const& text) {
                for (int repeat = 0; repeat < job.repeat; ++repeat) {
                    auto step = text + '\n' + job.mode + '\n' + std::to_string(repeat);
                    steps.insert(step);
                    for (auto const& action : job.chain) steps.insert(step += '\n' + action);
                }
            });
        });
    }
    return steps;
}

} // namespace darkroom::jobs::test
