// Runs a job file within a program of its own, and stops it after some pictures.
//
//   embed JOB.yaml [PICTURES]
#include <darkroom/run.hpp>

#include <cstdlib>
#include <exception>
#include <iostream>
#include <string>

namespace embed = darkroom::embed;

namespace {

class Printer final : public embed::Observer {
public:
    Printer(embed::Run& run, long pictures) : run_(run), pictures_(pictures) {}

    void on_event(embed::Event const& event) override {
        switch (event.kind) {
        case embed::Event::Kind::saved:
            std::cout << event.step << " -> " << event.file << '\n';
            if (--pictures_ == 0) run_.cancel(); // what is open may finish
            break;
        case embed::Event::Kind::failed:
            std::cout << event.step << ": " << event.failure << ": " << event.message << '\n';
            break;
        default: break;
        }
    }
    void on_message(std::string const& text) override { std::cerr << text << '\n'; }

private:
    embed::Run& run_;
    long pictures_;
};

} // namespace

int main(int argc, char** argv) {
    if (argc < 2) {
        std::cerr << "usage: embed JOB.yaml [PICTURES]\n";
        return 64;
    }
    try {
        auto const job = embed::Job::load(argv[1]);
        for (auto const& warning : job.warnings()) std::cerr << warning << '\n';
        auto const plan = job.plan();
        std::cout << job.name() << ": " << plan.items << " items, up to " << plan.most_steps
                  << " steps, at most " << plan.most_cost << ' ' << plan.currency << '\n';
        embed::Run run(job);
        Printer printer(run, argc > 2 ? std::atol(argv[2]) : 0);
        auto const result = run.run(printer);
        std::cout << result.done << " done, " << result.images << " pictures, " << result.paid
                  << " paid\n";
        return result.exit_code;
    } catch (embed::Failure const& failure) {
        std::cerr << failure.what() << '\n';
        return failure.exit_code();
    } catch (std::exception const& failure) {
        std::cerr << failure.what() << '\n';
        return 1;
    }
}
