// Facts of an invented run, for the tests of the displays.
#pragma once

#include "runner/report/board.hpp"

#include <string>

namespace darkroom::test {

inline Digest key_of(std::string const& name) { return sha256(name); }

inline engine::StepInfo info_of(std::uint64_t item, std::string path = "") {
    engine::StepInfo info;
    info.job = "cars";
    info.item = item;
    info.path = std::move(path);
    info.prompt = "a lighthouse in fog";
    info.action = info.path.empty() ? "generate" : "upscale4";
    return info;
}

inline engine::Problem problem_of(engine::Verdict verdict, std::string code = "",
                                  std::string message = "") {
    engine::Problem problem;
    problem.verdict = verdict;
    problem.code = std::move(code);
    problem.message = std::move(message);
    return problem;
}

/// One step, and its facts in order, for a board or any other observer.
struct Story {
    engine::StepInfo info;
    Digest key = key_of(info.job + std::to_string(info.item) + info.path);
    engine::StepState state{};

    engine::Event next(engine::Fact fact) {
        engine::Event event{key, WallTime(std::chrono::milliseconds(1'795'457'792'125)),
                            std::move(fact)};
        state.apply(event);
        return event;
    }
    engine::Event submitted() { return next(engine::Submitted{info, "", 26'000}); }
    engine::Event accepted() { return next(engine::Accepted{"task-1"}); }
    engine::Event finished() {
        engine::Answer answer;
        answer.task_id = "task-1";
        answer.image_id = "1214010943567245384";
        return next(engine::Finished{std::move(answer), 26'000});
    }
    engine::Event saved() {
        engine::SavedImage image;
        image.file = "images/cars/000001-generate.png";
        image.sha256 = std::string(64, 'a');
        image.format = "png";
        image.bytes = 1'400'000;
        image.width = image.height = 1024;
        return next(engine::ImageSaved{std::move(image)});
    }
    engine::Event failed(engine::Problem problem, bool final) {
        return next(engine::Failed{std::move(problem), final, std::nullopt});
    }
};

} // namespace darkroom::test
