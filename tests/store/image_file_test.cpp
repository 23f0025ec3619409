#include "runner/store/image_file.hpp"

#include "runner/base/out_of_files.hpp"
#include "runner/base/text.hpp"
#include "runner/store/directory.hpp"
#include "runner/store/error.hpp"
#include "tests/store/image_samples.hpp"
#include "tests/store/store_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <set>

using namespace darkroom;
using namespace darkroom::store;
using namespace darkroom::test;
using engine::Problem;
using engine::SavedImage;
using engine::Verdict;
namespace asio = boost::asio;
namespace fs = std::filesystem;

namespace {

using Ending = std::variant<SavedImage, Problem>;

struct ImageFixture : LoopFixture {
    explicit ImageFixture(std::string const& names = "images/{job}/{item:06}{ext}") {
        layout = must(Layout::parse(names));
        store.emplace(folder, layout, owner, limits);
    }

    static engine::ImageOrder order_of(int step, int tile = 0) {
        engine::ImageOrder order;
        order.step = step_number(step);
        order.info = info_number(7); // one name for all steps
        order.answer.task_id = "task";
        order.url = "https://cdn.example.org/x.png";
        order.width = 40;
        order.height = 30;
        order.tile = tile;
        return order;
    }

    std::unique_ptr<engine::ImageDraft> open(int step) { return must(store->open(order_of(step))); }

    Ending commit(engine::ImageDraft& draft) { return run(draft.commit()); }

    /// Opens, writes in small pieces and commits.
    Ending save(int step, std::string const& bytes) {
        auto const draft = open(step);
        auto done = draft->begin(start_of(bytes));
        for (std::size_t at = 0; at < bytes.size() && done.has_value(); at += 37)
            done = draft->write(std::string_view(bytes).substr(at, 37));
        // commit() returns the same error.
        return commit(*draft);
    }

    static BodyStart start_of(std::string const& bytes) {
        return {0, bytes.size(), "image/png", "\"v1\""};
    }

    void expect_problem(Ending const& ending, Verdict verdict, std::string const& code) {
        auto const* problem = std::get_if<Problem>(&ending);
        BOOST_REQUIRE(problem != nullptr);
        BOOST_TEST((problem->verdict == verdict), problem->message);
        BOOST_TEST(problem->code == code, problem->message);
        BOOST_TEST(problem->task_id == "task");
    }

    /// The names of the parts, without their notes, which may come late.
    std::vector<std::string> parts() const {
        std::vector<std::string> names;
        for (auto const& entry : fs::directory_iterator(folder.parts())) {
            auto name = entry.path().filename().string();
            if (name.ends_with(".part")) names.push_back(std::move(name));
        }
        return names;
    }
    bool no_parts() const { return parts().empty(); }
    /// Ends the store, and with it all that its pool does; begins another, as the next run does.
    void begin_again() {
        store.reset();
        (void)must(tidy_parts(must(Directory::open(folder.parts()))));
        store.emplace(folder, layout, owner, limits);
    }
    /// A download that stops after `size` bytes.
    void stop_after(std::size_t size, std::string const& etag = "\"v1\"") {
        auto const draft = open(1);
        must(draft->begin({0, png.size(), "image/png", etag}));
        must(draft->write(png.substr(0, size)));
    }
    std::string path_of(std::string const& file) const { return folder.path() + "/" + file; }

    TempDirectory directory;
    RunFolder folder = must(RunFolder::open(directory / "run"));
    std::map<std::string, ImageKey> recorded;
    FileOwner owner = [this](std::string const& file) -> std::optional<ImageKey> {
        auto const found = recorded.find(file);
        if (found == recorded.end()) return std::nullopt;
        return found->second;
    };
    Layout layout;
    BodyLimits limits{6u << 20, 1u << 20, 100};
    std::optional<FileImageStore> store;
    std::string png = make_png({40, 30}, 5000);
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(image_file, ImageFixture)

BOOST_AUTO_TEST_CASE(an_image_is_kept_byte_for_byte) {
    auto const image = std::get<SavedImage>(save(1, png));
    BOOST_TEST(image.file == "images/cars/000007.png");
    BOOST_TEST(content_of(path_of(image.file)) == png);
    BOOST_TEST(image.sha256 == to_hex(sha256(png)));
    BOOST_TEST(image.bytes == png.size());
    BOOST_TEST(image.format == "png");
    BOOST_TEST(image.width == 40);
    BOOST_TEST(image.height == 30);
    BOOST_TEST(image.url == "https://cdn.example.org/x.png");
    BOOST_TEST(no_parts());
    BOOST_TEST(store->has(image));
    fs::resize_file(path_of(image.file), 10);
    BOOST_TEST(!store->has(image));
    fs::remove(path_of(image.file));
    BOOST_TEST(!store->has(image));
}

BOOST_AUTO_TEST_CASE(the_extension_is_that_of_the_bytes_not_of_the_link) {
    BOOST_TEST(std::get<SavedImage>(save(1, make_jpeg({40, 30}))).file == "images/cars/000007.jpg");
    BOOST_TEST(std::get<SavedImage>(save(1, make_webp_lossy({40, 30}))).file ==
               "images/cars/000007.webp");
}

BOOST_AUTO_TEST_CASE(nothing_has_its_final_name_before_commit) {
    auto const draft = open(1);
    must(draft->begin(start_of(png)));
    must(draft->write(png));
    BOOST_TEST(!fs::exists(path_of("images")));
    commit(*draft);
    BOOST_TEST(fs::exists(path_of("images/cars/000007.png")));
}

BOOST_AUTO_TEST_CASE(a_wrong_image_is_a_download_problem_and_its_bytes_are_kept) {
    auto damaged = png;
    damaged[damaged.size() / 2] ^= 1;
    std::string const page = "<html>not here, but a page</html>";
    struct Row {
        std::string bytes;
        std::string code;
        bool is_kept = true;
    };
    Row const rows[] = {{damaged, "damaged_image"},
                        {page, "not_an_image"},
                        {"", "not_an_image", false},
                        {make_png({41, 30}), "wrong_size"},
                        {make_png({40, 31}), "wrong_size"},
                        {png.substr(0, 500), "damaged_image"},
                        {make_png({40, 30}, 3u << 21), "too_large", false}};
    for (auto const& row : rows) {
        auto const ending = save(1, row.bytes);
        expect_problem(ending, Verdict::download, row.code);
        auto const& problem = std::get<Problem>(ending);
        BOOST_TEST(problem.url == "https://cdn.example.org/x.png");
        BOOST_TEST(!problem.kept.empty() == row.is_kept);
        if (row.is_kept) BOOST_TEST((content_of(path_of(problem.kept)) == row.bytes));
        BOOST_TEST(parts().size() <= 1u); // the last one only
    }
    expect_problem(save(1, page), Verdict::download, "not_an_image");
    begin_again();
    BOOST_TEST(parts().size() == 1u);
    BOOST_TEST(open(1)->offset() == 0u); // nothing to continue
    BOOST_TEST(!fs::exists(path_of("images")));
    BOOST_TEST(std::holds_alternative<SavedImage>(save(1, png)));
    BOOST_TEST(no_parts());
}

BOOST_AUTO_TEST_CASE(an_error_page_is_known_by_its_type_and_its_start_is_kept) {
    std::string const page = "<p>" + std::string(200, 'x');
    for (auto const* type : {"text/html; charset=utf-8", "Application/JSON", "application/xml"}) {
        auto const draft = open(1);
        must(draft->begin({0, page.size(), type, "\"v1\""}));
        must(draft->write(page.substr(0, 60)));
        must(draft->write(page.substr(60)));
        BOOST_TEST(draft->offset() == 0u);
        auto const ending = commit(*draft);
        expect_problem(ending, Verdict::download, "not_an_image");
        auto const kept = content_of(path_of(std::get<Problem>(ending).kept));
        BOOST_TEST(kept == page.substr(0, limits.page));
    }
    for (auto const* type : {"", "image/png", "application/octet-stream"})
        BOOST_TEST(open(1)->begin({0, 10, type, ""}).has_value(), type);
}

BOOST_AUTO_TEST_CASE(fewer_or_more_bytes_than_announced_are_refused) {
    auto const shorter = open(1);
    must(shorter->begin({0, png.size() + 1, "", ""}));
    must(shorter->write(png));
    expect_problem(commit(*shorter), Verdict::download, "wrong_length");
    auto const longer = open(1);
    must(longer->begin({0, png.size() - 1, "", ""}));
    BOOST_TEST((longer->write(png).error().code == Errc::wrong_length));
    expect_problem(commit(*longer), Verdict::download, "wrong_length");
}

BOOST_AUTO_TEST_CASE(an_announced_body_beyond_the_limit_is_refused_before_its_first_byte) {
    auto const started = open(1)->begin({0, limits.bytes + 1, "", ""});
    BOOST_TEST((started.error().code == Errc::too_large));
}

BOOST_AUTO_TEST_CASE(a_stopped_download_resumes_where_it_stopped_at_every_byte) {
    std::string const small = make_png({40, 30});
    for (std::size_t stop = 1; stop < small.size(); ++stop) {
        {
            auto const first = open(1);
            BOOST_TEST(first->offset() == 0u);
            must(first->begin(start_of(small)));
            must(first->write(small.substr(0, stop)));
        }
        auto const second = open(1);
        BOOST_REQUIRE(second->offset() == stop);
        BOOST_TEST(second->etag() == "\"v1\"");
        must(second->begin({stop, small.size() - stop, "image/png", "\"v1\""}));
        must(second->write(small.substr(stop)));
        auto const image = std::get<SavedImage>(commit(*second));
        BOOST_TEST(image.sha256 == to_hex(sha256(small)));
        BOOST_TEST(content_of(path_of(image.file)) == small);
        recorded[image.file] = {step_number(1), 0};
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_ignores_the_range_starts_it_over) {
    {
        auto const first = open(1);
        must(first->begin(start_of(png)));
        must(first->write(png.substr(0, 1000)));
    }
    auto const second = open(1);
    BOOST_TEST(second->offset() == 1000u);
    must(second->begin({0, png.size(), "image/png", "\"v2\""}));
    must(second->write(png));
    BOOST_TEST(content_of(path_of(std::get<SavedImage>(commit(*second)).file)) == png);
}

BOOST_AUTO_TEST_CASE(a_rest_that_does_not_fit_is_refused_and_then_started_over) {
    struct Row {
        std::uint64_t offset;
        std::string etag;
    };
    for (auto const& row : {Row{999, "\"v1\""}, Row{1001, "\"v1\""}, Row{1000, "\"v2\""},
                            Row{1000, ""}, Row{1000, "W/\"v1\""}}) {
        {
            auto const first = open(1);
            must(first->begin(start_of(png)));
            must(first->write(png.substr(0, 1000)));
        }
        {
            auto const second = open(1);
            auto const started = second->begin({row.offset, 100, "image/png", row.etag});
            BOOST_REQUIRE(started.has_error());
            BOOST_TEST((started.error().code == Errc::wrong_range));
        }
        BOOST_TEST(open(1)->offset() == 0u);
        BOOST_TEST(no_parts());
    }
}

BOOST_AUTO_TEST_CASE(without_a_strong_etag_nothing_is_kept_for_a_resume) {
    for (auto const* etag : {"", "W/\"weak\""}) {
        {
            auto const first = open(1);
            must(first->begin({0, png.size(), "image/png", etag}));
            must(first->write(png.substr(0, 1000)));
        }
        BOOST_TEST(no_parts());
        BOOST_TEST(open(1)->offset() == 0u);
    }
}

BOOST_AUTO_TEST_CASE(two_steps_never_write_one_file) {
    auto const first = std::get<SavedImage>(save(1, png));
    auto const second = std::get<SavedImage>(save(2, png));
    BOOST_TEST(second.file == "images/cars/000007-2.png");
    recorded[first.file] = {step_number(1), 0};
    recorded[second.file] = {step_number(2), 0};
    BOOST_TEST(std::get<SavedImage>(save(3, png)).file == "images/cars/000007-3.png");
}

BOOST_AUTO_TEST_CASE(names_that_differ_only_in_case_or_form_get_numbers) {
    char const* const jobs[] = {"Fox", "fox", "FOX", "caf\u00e9", "cafe\u0301", "Fox"};
    char const* const names[] = {"Fox/000007.png",          "fox/000007-2.png",
                                 "FOX/000007-3.png",        "caf\u00e9/000007.png",
                                 "cafe\u0301/000007-2.png", "Fox/000007.png"};
    for (int i = 0; i < 6; ++i) {
        auto order = order_of(i == 5 ? 1 : i + 1); // the first one comes again
        order.info.job = jobs[i];
        auto const draft = must(store->open(order));
        must(draft->begin(start_of(png)));
        must(draft->write(png));
        auto const ending = commit(*draft);
        auto const* image = std::get_if<SavedImage>(&ending);
        BOOST_REQUIRE(image != nullptr);
        BOOST_TEST(image->file == std::string("images/") + names[i]);
        recorded[image->file] = {order.step, 0};
    }
}

BOOST_AUTO_TEST_CASE(two_that_land_at_once_get_two_names) {
    auto const first = open(1);
    auto const second = open(2);
    std::vector<std::string> files;
    for (auto* draft : {first.get(), second.get()}) {
        must(draft->begin(start_of(png)));
        must(draft->write(png));
        auto on_end = [&](std::exception_ptr, Ending ending) {
            files.push_back(std::get<SavedImage>(ending).file);
        };
        asio::co_spawn(context, draft->commit(), on_end);
    }
    run();
    std::sort(files.begin(), files.end());
    BOOST_TEST(
        (files == std::vector<std::string>{"images/cars/000007-2.png", "images/cars/000007.png"}));
}

BOOST_AUTO_TEST_CASE(of_many_that_land_together_each_has_an_ending_of_its_own) {
    constexpr std::size_t good = GroupCommit::group_max + 8; // more than one group
    fs::create_directories(path_of("images"));
    put_content(path_of("images/blocked"), "no directory");
    std::vector<std::unique_ptr<engine::ImageDraft>> drafts;
    std::set<std::string> files;
    std::vector<std::string> problems;
    for (std::size_t i = 0; i <= good; ++i) {
        auto order = order_of(static_cast<int>(i));
        if (i == 5) order.info.job = "blocked";
        auto& draft = *drafts.emplace_back(must(store->open(order)));
        must(draft.begin(start_of(png)));
        must(draft.write(png));
        auto on_end = [&](std::exception_ptr, Ending ending) {
            auto const* image = std::get_if<SavedImage>(&ending);
            if (image != nullptr) files.insert(image->file);
            if (image == nullptr) problems.push_back(std::get<Problem>(ending).code);
        };
        asio::co_spawn(context, draft.commit(), on_end);
    }
    run();
    BOOST_TEST(files.size() == good);
    for (auto const& file : files) BOOST_TEST(content_of(path_of(file)) == png);
    BOOST_TEST(problems == std::vector<std::string>{"disk_error"},
               boost::test_tools::per_element());
    BOOST_TEST(no_parts());
}

BOOST_AUTO_TEST_CASE(what_has_gathered_lands_although_the_run_ends) {
    auto draft = open(1);
    must(draft->begin(start_of(png)));
    must(draft->write(png));
    {
        asio::cancellation_signal signal;
        auto on_end = [](std::exception_ptr, Ending) {};
        asio::co_spawn(context, draft->commit(),
                       asio::bind_cancellation_slot(signal.slot(), on_end));
        context.restart();
        context.poll();
        signal.emit(asio::cancellation_type::terminal);
        context.poll(); // the run has ended before the delay of the group
    }
    draft.reset();
    store.reset();
    BOOST_TEST(content_of(path_of("images/cars/000007.png")) == png);
}

BOOST_AUTO_TEST_CASE(a_file_that_nobody_recorded_is_taken_over_if_it_is_the_same) {
    fs::create_directories(path_of("images/cars"));
    put_content(path_of("images/cars/000007.png"), png);
    BOOST_TEST(std::get<SavedImage>(save(1, png)).file == "images/cars/000007.png");
}

BOOST_AUTO_TEST_CASE(a_foreign_file_is_never_overwritten) {
    fs::create_directories(path_of("images/cars"));
    put_content(path_of("images/cars/000007.png"), "somebody's own");
    fs::create_directories(path_of("images/cars/000007-2.png"));
    fs::create_symlink("/dev/null", path_of("images/cars/000007-3.png"));
    BOOST_TEST(std::get<SavedImage>(save(1, png)).file == "images/cars/000007-4.png");
    BOOST_TEST(content_of(path_of("images/cars/000007.png")) == "somebody's own");
}

BOOST_AUTO_TEST_CASE(a_damaged_file_is_replaced_by_its_own_step_only) {
    auto const image = std::get<SavedImage>(save(1, png));
    recorded[image.file] = {step_number(1), 0};
    put_content(path_of(image.file), "damaged");
    BOOST_TEST(std::get<SavedImage>(save(1, png)).file == image.file);
    BOOST_TEST(content_of(path_of(image.file)) == png);
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_no_fault_of_the_image) {
    auto const draft = open(1);
    must(draft->begin({0, std::nullopt, "image/png", "\"v1\""}));
    must(draft->write(png.substr(0, 100)));
    {
        FileSizeLimit const full(200);
        BOOST_TEST(is_disk_error(draft->write(png.substr(100)).error().code));
    }
    expect_problem(commit(*draft), Verdict::disk, "disk_error");
}

BOOST_AUTO_TEST_CASE(a_directory_in_the_way_is_an_error_of_the_disk) {
    put_content(path_of("images"), "a file");
    auto const ending = save(1, png);
    expect_problem(ending, Verdict::disk, "disk_error");
    auto const& message = std::get<Problem>(ending).message;
    BOOST_TEST(message.find(path_of("images")) != std::string::npos, message);
}

BOOST_AUTO_TEST_CASE(a_cancelled_commit_completes_and_is_taken_over_later) {
    {
        auto const draft = open(1);
        must(draft->begin(start_of(png)));
        must(draft->write(png));
        asio::cancellation_signal signal;
        bool thrown = false;
        auto on_end = [&](std::exception_ptr error, Ending) { thrown = error != nullptr; };
        asio::co_spawn(context, draft->commit(),
                       asio::bind_cancellation_slot(signal.slot(), on_end));
        context.restart();
        context.poll_one();
        signal.emit(asio::cancellation_type::terminal);
        run();
        BOOST_TEST(thrown);
    }
    BOOST_TEST(std::get<SavedImage>(save(1, png)).file == "images/cars/000007.png");
    BOOST_TEST(no_parts());
}

BOOST_AUTO_TEST_CASE(many_stopped_downloads_keep_no_file_open_and_are_counted) {
    OpenFilesLimit const few(16); // the loop, the pool and the lock need some
    int const count = static_cast<int>(Parts::most) + 10;
    for (int step = 0; step < count; ++step) {
        auto const draft = open(step);
        must(draft->begin(start_of(png)));
        must(draft->write(png.substr(0, 100)));
    }
    BOOST_TEST(parts().size() == Parts::most);
    BOOST_TEST(open(0)->offset() == 0u);
    BOOST_TEST(open(count - 1)->offset() == 100u);
}

BOOST_AUTO_TEST_CASE(a_later_run_continues_a_download_as_far_as_it_was_noted) {
    stop_after(1000);
    begin_again();
    BOOST_REQUIRE(parts().size() == 1u);
    fs::resize_file(folder.parts() + "/" + parts().front(), 3000); // a hole after a power cut
    begin_again();
    auto const draft = open(1);
    BOOST_REQUIRE(draft->offset() == 1000u);
    BOOST_TEST(draft->etag() == "\"v1\"");
    must(draft->begin({1000, png.size() - 1000, "image/png", "\"v1\""}));
    must(draft->write(png.substr(1000)));
    auto const image = std::get<SavedImage>(commit(*draft));
    BOOST_TEST((content_of(path_of(image.file)) == png));
    BOOST_TEST(image.sha256 == to_hex(sha256(png)));
    begin_again();
    BOOST_TEST(fs::is_empty(folder.parts()));
}

BOOST_AUTO_TEST_CASE(a_killed_run_has_noted_a_long_download_as_it_grew) {
    auto const large = make_png({40, 30}, Parts::note_step + 1000);
    auto const draft = open(1);
    must(draft->begin(start_of(large)));
    must(draft->write(large.substr(0, Parts::note_step - 1)));
    must(draft->write(large.substr(Parts::note_step - 1, 500)));
    store.reset(); // joins its pool; the draft is not told
    auto const kept = must(tidy_parts(must(Directory::open(folder.parts()))));
    BOOST_REQUIRE(kept.parts.size() == 1u);
    BOOST_TEST(kept.parts.front().note.bytes == Parts::note_step + 499);
    store.emplace(folder, layout, owner, limits);
    BOOST_TEST(open(1)->offset() == Parts::note_step + 499);
}

BOOST_AUTO_TEST_CASE(a_part_that_is_not_what_was_noted_begins_from_the_start) {
    auto const part = [this] { return folder.parts() + "/" + parts().front(); };
    auto const flip = [&] {
        auto bytes = content_of(part());
        bytes[500] ^= 1;
        put_content(part(), bytes);
    };
    std::pair<char const*, std::function<void()>> const troubles[] = {
        {"other bytes", flip},
        {"shorter", [&] { fs::resize_file(part(), 999); }},
        {"no note", [&] { fs::remove(note_path(part())); }},
        {"half a note", [&] { fs::resize_file(note_path(part()), 20); }},
        {"an empty note", [&] { put_content(note_path(part()), ""); }},
    };
    for (auto const& [name, trouble] : troubles) {
        BOOST_TEST_CONTEXT(name) {
            stop_after(1000);
            begin_again();
            BOOST_REQUIRE(parts().size() == 1u);
            trouble();
            begin_again();
            BOOST_TEST(open(1)->offset() == 0u);
            BOOST_TEST(no_parts());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_part_from_another_place_begins_from_the_start) {
    stop_after(1000);
    auto order = order_of(1);
    order.url = "http://127.0.0.1:8080/x.png?ex=99#top"; // another host and signature
    BOOST_TEST(must(store->open(order))->offset() == 1000u);
    order.url = "https://cdn.example.org/y.png";
    BOOST_TEST(must(store->open(order))->offset() == 0u);
}

BOOST_AUTO_TEST_CASE(bytes_after_the_image_are_kept_and_counted) {
    auto const image = std::get<SavedImage>(save(1, png + "and more"));
    BOOST_TEST(image.trailing == 8u);
    BOOST_TEST((content_of(path_of(image.file)) == png + "and more"));
}

BOOST_AUTO_TEST_CASE(too_few_open_files_keep_what_was_stopped) {
    for (bool const is_later_run : {false, true}) {
        stop_after(1000);
        if (is_later_run) begin_again();
        {
            OpenFilesLimit const none(0);
            auto const refused = store->open(order_of(1));
            BOOST_REQUIRE(refused.has_error());
            BOOST_TEST(is_out_of_files(refused.error().code));
        }
        BOOST_TEST(open(1)->offset() == 1000u);
    }
}

BOOST_AUTO_TEST_CASE(too_few_open_files_lose_nothing) {
    asio::steady_timer const needs_files(executor()); // the loop opens its own files now
    {
        auto const draft = open(1);
        must(draft->begin(start_of(png)));
        must(draft->write(png));
        {
            OpenFilesLimit const none(0);
            auto const refused = store->open(order_of(2));
            BOOST_REQUIRE(refused.has_error());
            BOOST_TEST(is_out_of_files(refused.error().code));
            BOOST_TEST(!is_disk_error(refused.error().code));
            for (int i = 0; i < 2; ++i)
                expect_problem(commit(*draft), Verdict::rate, "too_many_open_files");
        }
        auto const image = std::get<SavedImage>(commit(*draft));
        BOOST_TEST((content_of(path_of(image.file)) == png));
    }
    BOOST_TEST(no_parts());
}

BOOST_AUTO_TEST_CASE(room_is_asked_for_the_reserve_and_the_largest_picture) {
    auto const room = must(folder.free());
    BOOST_TEST(store->check_room(1000).has_value(), "no picture was seen yet");
    store->note_size(1000);
    BOOST_TEST(store->check_room(5).has_value());
    store->note_size(room / 4);
    store->note_size(1000);
    BOOST_TEST(store->check_room(1).has_value());
    auto const refused = store->check_room(5);
    BOOST_REQUIRE(refused.has_error());
    BOOST_TEST((refused.error().code == boost::system::errc::no_space_on_device));
    for (auto const& word : {std::string("a reserve of 1.0 MB"), format_bytes(room / 4),
                             std::string("5 pictures"), folder.path()})
        BOOST_TEST(refused.error().detail.find(word) != std::string::npos, refused.error().detail);
    limits.spare = 2 * room;
    begin_again();
    BOOST_TEST(store->check_room(1).has_error());
}

BOOST_AUTO_TEST_SUITE_END()
