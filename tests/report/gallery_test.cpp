// The data of a gallery, and its page.
#include "runner/report/gallery/gallery_page.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace darkroom::report {

namespace {

constexpr auto hostile = "</script><!-- <script>alert(1)</script> \"\\\n \xE2\x80\xA8 {{head}}";

engine::ManifestRow picture(std::string prompt) {
    engine::ManifestRow row;
    row.key.fill(0xAB);
    row.job = "cars";
    row.item = 3;
    row.kind = "image";
    row.action = "generate";
    row.prompt = prompt;
    row.root_prompt = std::move(prompt);
    row.variables = {{"car", "Ferrari"}};
    json::Value drawn;
    json::Value choice;
    choice.set("text", "dawn");
    drawn.set("prompt.1", choice);
    row.drawn = drawn;
    row.file = "images/cars/a b.png";
    row.sha256 = std::string(64, 'c');
    row.width = 1024;
    row.cost = 26'000;
    row.submitted_at = WallTime(std::chrono::milliseconds(1'000'000));
    row.generated_at = WallTime(std::chrono::milliseconds(1'000'400));
    return row;
}

json::Value batch_of(GalleryData& data) { return json::read(data.take()).value(); }

std::string text_at(json::Value const& list, std::size_t at) {
    return *list.array()->at(at).text();
}

std::int64_t number_in(json::Value const& batch, std::string_view column, std::size_t row) {
    return *batch.find(column)->array()->at(row).integer();
}

std::string page_of(std::string const& prompt) {
    std::string page;
    GalleryPage gallery([&page](std::string_view piece) -> Result<> {
        page += piece;
        return {};
    });
    GalleryHead top;
    top.name = top.directory = top.currency = prompt;
    top.jobs = {prompt};
    top.base = "../a b/";
    top.is_running = true;
    BOOST_TEST(gallery.begin(top).has_value());
    BOOST_TEST(gallery.add(picture(prompt), CardState::delivered, 0x102030).has_value());
    engine::FailedRow failed;
    failed.prompt = prompt;
    failed.problem.message = prompt;
    failed.problem.verdict = engine::Verdict::rejected;
    BOOST_TEST(gallery.add(failed, CardState::failed).has_value());
    BOOST_TEST(gallery.end().has_value());
    return page;
}

std::size_t count_of(std::string_view text, std::string_view word) {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = text.find(word, at)) != std::string_view::npos; ++at) ++count;
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(gallery)

BOOST_AUTO_TEST_CASE(texts_that_come_again_are_numbers) {
    GalleryData data;
    data.add(picture("a fox"), CardState::delivered, std::nullopt);
    data.add(picture("a hen"), CardState::unwanted, 0x0000FF);
    auto const first = batch_of(data);
    BOOST_TEST(*first.integer("rows") == 2);
    auto const& texts = *first.find("texts");
    BOOST_TEST(text_at(texts, static_cast<std::size_t>(number_in(first, "prompt", 1) - 1)) ==
               "a hen");
    BOOST_TEST(number_in(first, "job", 0) == number_in(first, "job", 1));
    BOOST_TEST(number_in(first, "vars", 0) == number_in(first, "vars", 1));
    BOOST_TEST(number_in(first, "state", 1) == 1);
    BOOST_TEST(number_in(first, "colour", 0) == 0);
    BOOST_TEST(number_in(first, "colour", 1) == 0x100);
    BOOST_TEST(number_in(first, "sent", 0) == 1'000'000);
    BOOST_TEST(number_in(first, "made", 0) == 401);
    BOOST_TEST(text_at(*first.find("name"), 0) == "a b.png");
    BOOST_TEST(!first.find("saved"), "no row says it");
    data.add(picture("a hen"), CardState::delivered, std::nullopt);
    auto const second = batch_of(data);
    BOOST_TEST(second.find("texts")->array()->empty());
    BOOST_TEST(number_in(second, "prompt", 0) == number_in(first, "prompt", 1));
}

BOOST_AUTO_TEST_CASE(a_picture_takes_little_room) {
    GalleryData data;
    std::size_t bytes = 0;
    for (int item = 0; item < 1000; ++item) {
        auto row = picture("a prompt of usual length about car number " + std::to_string(item));
        row.task_id = "0e3fa4fb-b5c8-434e-81ee-910471d6b3b1";
        row.image_id = "1576678204607826581";
        row.key[0] = static_cast<std::uint8_t>(item);
        data.add(row, CardState::delivered, 0x123456);
    }
    bytes = data.take().size();
    BOOST_TEST(bytes < 340u * 1000);
}

BOOST_AUTO_TEST_CASE(a_batch_is_full_after_some_rows_or_bytes) {
    GalleryData data;
    for (std::size_t row = 0; row < GalleryData::rows_max; ++row) {
        BOOST_TEST(!data.is_full());
        data.add(picture("a fox"), CardState::delivered, std::nullopt);
    }
    BOOST_TEST(data.is_full());
    data.take();
    BOOST_TEST(!data.is_full());
    data.add(picture(std::string(GalleryData::bytes_max, 'x')), CardState::delivered, {});
    BOOST_TEST(data.is_full());
}

BOOST_AUTO_TEST_CASE(a_failure_has_its_reason_and_advice) {
    GalleryData data;
    engine::FailedRow row;
    row.problem.verdict = engine::Verdict::rejected;
    row.problem.code = "bad_request";
    row.problem.message = "banned";
    data.add(row, CardState::failed);
    auto const batch = batch_of(data);
    auto const& texts = *batch.find("texts");
    auto const said = [&](std::string_view column) {
        return text_at(texts, static_cast<std::size_t>(number_in(batch, column, 0) - 1));
    };
    BOOST_TEST(said("problem") == "rejected");
    BOOST_TEST(said("code") == "bad_request");
    BOOST_TEST(said("advice") == "change the prompt or its parameters, then run again");
    BOOST_TEST(text_at(*batch.find("message"), 0) == "banned");
}

BOOST_AUTO_TEST_CASE(no_text_of_a_run_ends_an_element) {
    auto const plain = page_of("a fox");
    auto const page = page_of(hostile);
    for (auto const word : {"<script", "</script", "<!--", "</title", "-->"})
        BOOST_TEST(count_of(page, word) == count_of(plain, word), word);
    BOOST_TEST(count_of(page, "alert(1)") > 0u);
}

BOOST_AUTO_TEST_CASE(the_page_allows_its_own_script_and_nothing_from_outside) {
    auto const page = page_of("a fox");
    BOOST_TEST(count_of(page, "default-src 'none'") == 1u);
    BOOST_TEST(count_of(page, "script-src 'sha256-") == 1u);
    BOOST_TEST(count_of(page, "unsafe-") == 0u);
    BOOST_TEST(count_of(page, "https:") == 0u);
    BOOST_TEST(count_of(page, "http://") == 1u, "the name of the SVG language");
    BOOST_TEST(count_of(page, "innerHTML") == 0u);
    BOOST_TEST(count_of(page, "\"base\":\"../a%20b/\"") == 1u);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace darkroom::report
