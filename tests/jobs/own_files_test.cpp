// Prompts that come from lists, from many files and from folders, and rows that leave things out.
#include "tests/jobs/folder.hpp"
#include "tests/jobs/support.hpp"

using namespace darkroom::jobs;
using namespace darkroom::jobs::test;

namespace {

std::string findings_of_files(Folder const& folder, std::string const& text, bool all = false) {
    LoadOptions options;
    options.all = all;
    auto const loaded = load_job_text(text, folder.path("a.yaml"), options);
    std::string lines = lines_of(loaded);
    auto const base = folder.path("");
    for (auto at = lines.find(base); at != lines.npos; at = lines.find(base))
        lines.erase(at, base.size());
    return lines;
}

std::string prompts_of_files(Folder const& folder, std::string const& text) {
    auto const loaded = load_job_text(text, folder.path("a.yaml"), {});
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    BOOST_TEST(count_items(*loaded.file, {}) == items(*loaded.file).size());
    return prompts(*loaded.file);
}

} // namespace

BOOST_AUTO_TEST_SUITE(own_files)

BOOST_AUTO_TEST_CASE(a_list_of_prompts_is_one_prompt_after_the_other) {
    BOOST_TEST(prompts(load(one_job("prompt: [a fox, \"a {red, blue} hen\", an owl]\n"
                                    "suffix: --v 6"))) ==
               "a fox --v 6\na red hen --v 6\na blue hen --v 6\nan owl --v 6\n");
    BOOST_TEST(prompts(load(one_job("prompts: [a fox, a hen]\nmatrix: {x: [1, 2]}\n"
                                    "prefix: \"{{x}}\""))) ==
               "1 a fox\n1 a hen\n2 a fox\n2 a hen\n");
    BOOST_TEST(prompts(load("version: 1\ndefaults: {prompt: [a, b]}\njobs:\n- {prompt: c}\n- {}\n"
                            "- {prompts: [d]}\n")) == "c\na\nb\nd\n");
    BOOST_TEST(prompts(load(one_job("prompt: [a fox]"))) ==
               prompts(load(one_job("prompt: a fox"))));
    BOOST_TEST(findings(one_job("prompt: []")) ==
               "a.yaml:4:13: error: 'prompt' needs at least one prompt, not an empty list\n");
    BOOST_TEST(findings(one_job("prompt: [a, \"\"]")) == "a.yaml:4:17: error: 'prompt' is empty\n");
    BOOST_TEST(findings(one_job("prompt: [a, \"{{x}}\"]")) ==
               "a.yaml:4:18: error: undefined variable '{{x}}': define it in 'vars' or 'matrix'\n");
    BOOST_TEST(findings(one_job("prompts: [a]\nprompt: b")) ==
               "a.yaml:4:5: error: 'prompt' and a list of 'prompts' together: write one\n");
}

BOOST_AUTO_TEST_CASE(a_list_has_the_keys_of_its_prompts_alone) {
    auto const keys = [](std::string const& text) {
        std::set<std::string> found;
        for (auto const& item : items(load(text)))
            found.insert(darkroom::to_hex(first_step(std::make_shared<Item>(item)).key));
        return found;
    };
    auto const both = keys(one_job("prompts: [a fox, a hen]"));
    BOOST_TEST(both.size() == 2u);
    BOOST_TEST(both.count(*keys(one_job("prompt: a fox")).begin()) == 1u);
    BOOST_TEST(both.count(*keys(one_job("prompt: a hen")).begin()) == 1u);
}

BOOST_AUTO_TEST_CASE(many_files_are_one_table) {
    Folder const folder;
    folder.write("a.csv", "prompt,style\na fox,ink\na hen,\n");
    folder.write("more/b.txt", "an owl\n");
    folder.write("more/c.txt", "a pig\n\na cow\n");
    BOOST_TEST(
        prompts_of_files(folder, one_job("prompts:\n"
                                         "  files: [a.csv, \"more/*.txt\", more/b.txt]\n"
                                         "  prompt: \"{{prompt}}, {{style|oil}}, {{file}}\"")) ==
        "a fox, ink, a\na hen, oil, a\nan owl, oil, b\na pig, oil, c\na cow, oil, c\n");
    BOOST_TEST(findings_of_files(folder, one_job("prompts: {files: [a.csv, more/c.txt], prompt: "
                                                 "\"{{prompt}} {{style}}\"}")) ==
               "a.csv:3: warning: 'style' is empty in this row: '{{style|text}}' says what stands "
               "in its place, '{{style|}}' that nothing does\n"
               "more/c.txt:1: error: no 'style' in this row\n"
               "more/c.txt:3: error: no 'style' in this row\n");
}

BOOST_AUTO_TEST_CASE(each_file_of_a_folder_is_a_prompt) {
    Folder const folder;
    folder.write("prompts/02.txt", "a hen\n  in\tthe rain \r\n\n");
    folder.write("prompts/01.txt", "a fox");
    folder.write("prompts/03.txt", " \n");
    folder.write("prompts/.hidden.txt", "no");
    folder.write("prompts/notes.md", "no");
    for (int i = 100; i < 200; ++i)
        folder.write("many/" + std::to_string(i) + ".txt", "p" + std::to_string(i));
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: prompts")) ==
               "a fox\na hen in\tthe rain\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {files: [prompts/], prompt: "
                                                "\"{{file}}: {{prompt}}\"}")) ==
               "01: a fox\n02: a hen in\tthe rain\n");
    auto const many = prompts_of_files(folder, one_job("prompts: many"));
    BOOST_TEST(many.starts_with("p100\np101\n"));
    BOOST_TEST(many.ends_with("p198\np199\n"));
}

BOOST_AUTO_TEST_CASE(a_row_without_an_option_leaves_it_out) {
    Folder const folder;
    folder.write("a.csv", "p,seed,ar\na fox,7,\na hen,,16:9\n");
    BOOST_TEST(prompts_of_files(
                   folder, one_job("prompts: {file: a.csv, prompt: \"{{p}}\"}\n"
                                   "params: {seed: \"{{seed}}\", ar: \"{{ar}}\", tile: true}")) ==
               "a fox --seed 7 --tile\na hen --ar 16:9 --tile\n");
    folder.write("b.jsonl", "{\"prompt\": \"a fox\", \"seed\": 7}\n{\"prompt\": \"a hen\"}\n");
    BOOST_TEST(
        prompts_of_files(folder, one_job("prompts: b.jsonl\nparams: {seed: \"{{seed}}\"}")) ==
        "a fox --seed 7\na hen\n");
    BOOST_TEST(
        findings_of_files(folder, one_job("prompts: b.jsonl\nparams: {seed: \"{{sede}}\"}")) ==
        "b.jsonl: error: no row has 'sede'\n");
}

BOOST_AUTO_TEST_CASE(all_wrong_rows_are_counted_and_listed_on_request) {
    Folder const folder;
    std::string text = "a,b\n";
    for (int i = 0; i < 28; ++i) text += "1,2\n1\n";
    folder.write("a.csv", text);
    auto const job = one_job("prompts: {file: a.csv, prompt: \"{{a}}\"}");
    std::string wanted;
    std::string all;
    for (int i = 0; i < 28; ++i) {
        auto const line = "a.csv:" + std::to_string(3 + 2 * i) +
                          ": error: the header names 2 columns, but this row has 1\n";
        if (i < 10) wanted += line;
        all += line;
    }
    wanted += "a.csv:23: error: and 18 more rows: 'darkroom validate --all' lists them\n";
    BOOST_TEST(findings_of_files(folder, job) == wanted);
    BOOST_TEST(findings_of_files(folder, job, true) == all);
}

BOOST_AUTO_TEST_CASE(rows_whose_prompt_is_empty_may_be_left_out) {
    Folder const folder;
    folder.write("a.csv", "p,q\na fox,1\n,2\n ,3\na hen,4\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {file: a.csv, prompt: \"{{p|}}\", "
                                                "skip_empty: true}\nsuffix: --v 6")) ==
               "a fox --v 6\na hen --v 6\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {file: a.csv, prompt: \"{{p|}}\", "
                                                "skip_empty: true}\nmatrix: {x: [1, 2]}\n"
                                                "suffix: \"in {{x}}\"\nsample: {count: 4}")) ==
               "a hen in 1\na hen in 2\na fox in 1\na fox in 2\n"); // in the order of the draw
    BOOST_TEST(findings_of_files(folder, one_job("prompts: {file: a.csv, prompt: \"{{p|}}\"}")) ==
               "a.csv:3: error: this row makes an empty prompt: 'skip_empty: true' leaves such "
               "rows out\n"
               "a.csv:4: error: this row makes an empty prompt: 'skip_empty: true' leaves such "
               "rows out\n");
}

BOOST_AUTO_TEST_CASE(a_row_is_left_out_when_each_prompt_of_the_list_is_empty) {
    Folder const folder;
    folder.write("a.csv", "p,q\na fox,1\n,2\n ,\na hen,4\n");
    auto const job = one_job("prompts: {file: a.csv, prompt: [\"{{p|}}\", \"{{q|}}\"], "
                             "skip_empty: true}");
    BOOST_TEST(findings_of_files(folder, job) ==
               "a.csv:3: error: text 1 of this row is an empty prompt\n");
    folder.write("b.csv", "p,q,r\na fox,1,x\n,,x\na hen,4,x\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {file: b.csv, prompt: [\"{{p|}}\", "
                                                "\"{{q|}}\"], skip_empty: true}")) ==
               "a fox\n1\na hen\n4\n");
}

BOOST_AUTO_TEST_CASE(an_empty_text_in_json_is_an_empty_cell) {
    Folder const folder;
    folder.write("a.json", R"([{"prompt":"a fox","neg":"","mode":""},)"
                           R"({"prompt":"a hen","neg":"dogs","mode":"relax"},)"
                           R"({"prompt":"","neg":null},{"prompt":"an owl","neg":null}])");
    auto const table = std::string("prompts: {file: a.json, skip_empty: true, prompt: ");
    BOOST_TEST(prompts_of_files(folder, one_job(table + "\"{{prompt|}} --no {{neg|text}}\"}")) ==
               "a fox --no text\na hen --no dogs\nan owl --no text\n");
    BOOST_TEST(
        prompts_of_files(folder, one_job(table + "\"{{prompt}}\"}\nparams: {no: \"{{neg}}\"}\n"
                                                 "mode: \"{{mode|fast}}\"")) ==
        "a fox\na hen --no dogs\nan owl\n");
    BOOST_TEST(findings_of_files(folder, one_job(table + "\"{{prompt}}, {{neg}}\"}")) ==
               "a.json:1: warning: 'neg' is empty in this row: '{{neg|text}}' says what stands in "
               "its place, '{{neg|}}' that nothing does\n");
}

BOOST_AUTO_TEST_CASE(a_row_without_the_cell_is_wrong_and_not_left_out) {
    Folder const folder;
    folder.write("sk/a.csv", "prompt\na fox\n");
    folder.write("sk/b.csv", "Prompt\na hen\n");
    folder.write("c.jsonl", "{\"prompt\": \"a fox\"}\n{\"promt\": \"a hen\"}\n");
    BOOST_TEST(
        findings_of_files(folder, one_job("prompts: {files: [\"sk/*.csv\"], skip_empty: true}")) ==
        "sk/b.csv:2: error: no 'prompt' in this row, did you mean 'Prompt'?\n");
    BOOST_TEST(findings_of_files(folder, one_job("prompts: {file: c.jsonl, skip_empty: true}")) ==
               "c.jsonl:2: error: no 'prompt' in this row, did you mean 'promt'?\n");
}

BOOST_AUTO_TEST_CASE(an_option_without_its_cells_is_left_out_and_truth_is_a_flag) {
    Folder const folder;
    folder.write("a.csv", "p,w,h,tile\na fox,16,9,true\na hen,,,FALSE\nan owl,4,5,\n");
    BOOST_TEST(
        prompts_of_files(folder, one_job("prompts: {file: a.csv, prompt: \"{{p}}\"}\n"
                                         "params: {ar: \"{{w}}:{{h}}\", tile: \"{{tile}}\"}")) ==
        "a fox --ar 16:9 --tile\na hen\nan owl --ar 4:5\n");
    folder.write("b.jsonl", "{\"prompt\": \"a fox\", \"tile\": true}\n"
                            "{\"prompt\": \"a hen\", \"tile\": false}\n");
    BOOST_TEST(
        prompts_of_files(folder, one_job("prompts: b.jsonl\nparams: {tile: \"{{tile}}\"}")) ==
        "a fox --tile\na hen\n");
    BOOST_TEST(
        findings_of_files(folder, one_job("prompts: b.jsonl\nrepeat: \"2{{tile}}\"")) ==
        "a.yaml:5:13: error: 'repeat' takes a number or one variable, as in \"{{count}}\" or "
        "\"{{count|2}}\"\n");
}

BOOST_AUTO_TEST_CASE(an_address_with_an_empty_part_is_wrong) {
    Folder const folder;
    folder.write("a.csv", "prompt,a\nfox,\nhen,7\n");
    auto const wrong = [](std::string const& place) {
        return place +
               ": error: 'a' is empty in 'https://h/{{a}}.png': write '{{a|}}' if nothing is to "
               "stand there\n";
    };
    auto const image = std::string("images: [\"https://h/{{a}}.png\"]\n");
    BOOST_TEST(findings_of_files(folder, one_job("prompts: a.csv\n" + image)) == wrong("a.csv:2"));
    BOOST_TEST(findings_of_files(folder, one_job("prompt: x\nvars: {a: \"\"}\n" + image)) ==
               wrong("a.yaml:6:14"));
    BOOST_TEST(findings_of_files(folder, one_job("prompt: x\nmatrix: {a: [\"\", b]}\n" + image)) ==
               wrong("a.yaml:6:14"));
    BOOST_TEST(
        prompts_of_files(folder, one_job("prompt: x\nmatrix: {a: [\"\", \"http://h/a.png\"]}\n"
                                         "images: [\"{{a}}\"]")) == "x\nhttp://h/a.png x\n");
}

BOOST_AUTO_TEST_CASE(images_of_follow_ups_are_looked_at_in_each_row) {
    Folder const folder;
    folder.write("a.csv", "prompt,e\nfox,hen\nowl,\ncat,https://h/m.png\n");
    auto const then = [](std::string const& step) {
        return "prompts: a.csv\nthen: [" + step + "]";
    };
    BOOST_TEST(
        findings_of_files(folder, one_job(then("{action: variation_region, prompt: x, mask: "
                                               "\"{{e}}\"}"))) ==
        "a.csv:2: error: 'hen' is not an http(s) address: the service fetches the image itself, a "
        "local file can't be sent. Upload it where the service can reach it (a web server, a "
        "bucket "
        "with public links) and write that address\n"
        "a.csv:3: error: this row has no mask\n");
    BOOST_TEST(findings_of_files(folder, one_job(then("{action: video, prompt: x, end_image_url: "
                                                      "\"{{e}}\"}")))
                   .starts_with("a.csv:2: error: 'hen' is not an http(s) address"));
    folder.write("a.csv", "prompt,e\nfox,m.png\n"); // a follow-up sends no file
    BOOST_TEST(findings_of_files(folder, one_job(then("{action: variation_region, prompt: x, mask: "
                                                      "\"{{e}}\"}"))) != "");
}

BOOST_AUTO_TEST_CASE(parameters_alone_are_no_prompt) {
    Folder const folder;
    folder.write("a.csv", "prompt,x,a,b\n,6,,\nq,7,,\n,8,https://h/1.png,https://h/2.png\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {file: a.csv, skip_empty: true, prompt: "
                                                "\"{{prompt|}} --v {{x}}\"}\n"
                                                "images: [\"{{a}}\", \"{{b}}\"]")) ==
               "q --v 7\nhttps://h/1.png https://h/2.png --v 8\n");
}

BOOST_AUTO_TEST_CASE(an_option_with_words_of_its_own_keeps_them) {
    Folder const folder;
    folder.write("a.csv", "prompt,x\na,\nb,dogs\n");
    BOOST_TEST(findings_of_files(folder, one_job("prompts: a.csv\nparams: {no: \"text {{x}}\"}")) ==
               "");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: a.csv\nparams: {no: \"text {{x}}\"}")) ==
               "a --no text\nb --no text dogs\n");
}

BOOST_AUTO_TEST_CASE(an_empty_cell_is_no_image) {
    Folder const folder;
    folder.write("a.csv", "p,pic,more\na fox,https://h/1.png,\na hen,,\n,https://h/2.png,"
                          "https://h/3.png\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {file: a.csv, prompt: \"{{p|}}\"}\n"
                                                "images: [\"{{pic}}\", \"{{more}}\"]")) ==
               "https://h/1.png a fox\na hen\nhttps://h/2.png https://h/3.png\n");
    folder.write("b.csv", "p,pic,more\n,https://h/1.png,\n");
    BOOST_TEST(findings_of_files(folder, one_job("prompts: {file: b.csv, prompt: \"{{p|}}\"}\n"
                                                 "images: [\"{{pic}}\", \"{{more}}\"]")) ==
               "b.csv:2: error: this row makes an empty prompt: 'skip_empty: true' leaves such "
               "rows out\n");
    BOOST_TEST(findings_of_files(folder, one_job("kind: describe\nprompts: b.csv\n"
                                                 "images: [\"{{more}}\"]"))
                   .find("b.csv:2: error: this row has no image\n") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_row_says_what_is_sent_beside_its_prompt) {
    Folder const folder;
    folder.write("a.csv", "prompt,mode,hd,n\na fox,turbo,true,2\na hen,,,\n");
    auto const text = one_job("prompts: a.csv\nmode: \"{{mode}}\"\nhd: \"{{hd}}\"\n"
                              "repeat: \"{{n}}\"");
    auto const loaded = load_job_text(text, folder.path("a.yaml"), {});
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    std::string bodies;
    for (auto const& item : items(*loaded.file))
        bodies += std::to_string(item.repeat) + darkroom::json::write(item.request.body) + "\n";
    BOOST_TEST(bodies ==
               "0{\"prompt\":\"a fox\",\"action\":\"generate\",\"mode\":\"turbo\",\"hd\":true}\n"
               "1{\"prompt\":\"a fox\",\"action\":\"generate\",\"mode\":\"turbo\",\"hd\":true}\n"
               "0{\"prompt\":\"a hen\",\"action\":\"generate\"}\n");
    BOOST_TEST(count_items(*loaded.file, {}) == 3u);
    folder.write("b.csv", "prompt,mode,hd,n\na fox,slow,,\na hen,,yes,\na pig,,,0\n");
    BOOST_TEST(findings_of_files(folder, one_job("prompts: b.csv\nmode: \"{{mode}}\"\n"
                                                 "hd: \"{{hd}}\"\nrepeat: \"{{n}}\"")) ==
               "b.csv:2: error: 'mode' needs one of fast, relax, turbo, not 'slow'\n"
               "b.csv:3: error: 'hd' needs true or false, not 'yes'\n"
               "b.csv:4: error: 'repeat' needs a number from 1 to 1000000, not '0'\n");
    BOOST_TEST(items(load(one_job("prompt: a\nvars: {n: 3}\nrepeat: \"{{n}}\""))).size() == 3u);
    BOOST_TEST(findings(one_job("prompt: a\nmatrix: {m: [fast, slow]}\nmode: \"{{m}}\"")) ==
               "a.yaml:6:11: error: 'mode' needs one of fast, relax, turbo, not 'slow'\n");
    BOOST_TEST(findings(one_job("prompt: \"{{m}}\"\nmatrix: {m: [1, 2]}\nrepeat: \"{{m}}\"")) ==
               "a.yaml:6:13: error: 'repeat' can't be a key of 'matrix'\n");
    BOOST_TEST(findings(one_job("prompt: a\nvars: {n: 2}\nrepeat: \"{{n}}\"\nsample: {count: 1}"))
                   .find("exclude each other") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_row_may_name_the_file_of_its_mask) {
    Folder const folder;
    folder.write("masks/1.png", "\x89PNG\r\n\x1a\n-one");
    folder.write("masks/2.png", "\x89PNG\r\n\x1a\n-two");
    folder.write("masks/3.png", "no picture");
    folder.write("a.csv", "prompt,mask\na fox,masks/1.png\na hen,masks/2.png\na pig,\n"
                          "a cow,https://h/m.png\n");
    auto const job = [](std::string const& table) {
        return one_job("kind: edit\nimages: [https://h/a.png]\nprompts: " + table +
                       "\nmask: \"{{mask}}\"");
    };
    auto const loaded = load_job_text(job("a.csv"), folder.path("a.yaml"), {});
    BOOST_TEST(lines_of(loaded) == "");
    BOOST_REQUIRE(loaded.file.has_value());
    std::string masks;
    for (auto const& item : items(*loaded.file))
        masks += item.request.body.text("mask").value_or("-") + "\n";
    BOOST_TEST(masks == "iVBORw0KGgotb25l\niVBORw0KGgotdHdv\n-\nhttps://h/m.png\n");
    folder.write("b.csv", "prompt,mask\na,masks/3.png\na,masks/4.png\na,../x.png\na,/x.png\n");
    BOOST_TEST(findings_of_files(folder, job("b.csv")) ==
               "b.csv:2: error: the mask 'masks/3.png' is not a PNG, JPEG or WebP\n"
               "b.csv:3: error: the mask 'masks/4.png' cannot be read: No such file or directory\n"
               "b.csv:4: error: the mask '../x.png' is not below the folder of the job file\n"
               "b.csv:5: error: the mask '/x.png' is not below the folder of the job file\n");
    BOOST_TEST(findings(one_job("prompt: a\nimages: [photo.png]")) ==
               "a.yaml:5:14: error: 'photo.png' is not an http(s) address: the service fetches the "
               "image itself, a local file can't be sent. Upload it where the service can reach it "
               "(a web server, a bucket with public links) and write that address\n");
}

BOOST_AUTO_TEST_CASE(a_column_that_no_row_has_says_where_it_was_looked_for) {
    Folder const folder;
    folder.write("a.jsonl", "{\"body\": {\"prompt\": \"a fox\"}, \"text\": \"a hen\"}\n");
    struct Case {
        std::string_view from;
        std::string_view why;
    };
    Case const cases[] = {
        {"/body/text", "'columns' looks for it at '/body/text'"},
        {"body.prompt",
         "'columns' looks for it at 'body.prompt': a JSON Pointer is '/body/prompt'"},
        {"$.body.prompt",
         "'columns' looks for it at '$.body.prompt': a JSON Pointer is '/body/prompt'"},
        {"$.body[0].prompt",
         "'columns' looks for it at '$.body[0].prompt': a JSON Pointer is '/body/0/prompt'"},
        {"body/prompt",
         "'columns' looks for it at 'body/prompt': a JSON Pointer is '/body/prompt'"},
        {"Text", "'columns' looks for it at 'Text'"},
    };
    for (auto const& row : cases) {
        auto const columns = "columns: {prompt: \"" + std::string(row.from) + "\"}";
        auto const why = "no 'prompt' in this row: " + std::string(row.why) + "\n";
        BOOST_TEST_CONTEXT(row.from) {
            BOOST_TEST(findings_of_files(folder, one_job("prompts: {file: a.jsonl, " + columns +
                                                         "}")) == "a.jsonl:1: error: " + why);
        }
    }
    BOOST_TEST(findings_of_files(folder, one_job("prompts: {file: a.jsonl, prompt: \"{{text}}\", "
                                                 "columns: {n: body.n}}\n"
                                                 "params: {seed: \"{{n}}\"}")) ==
               "a.jsonl: error: no row has 'n': 'columns' looks for it at 'body.n': a JSON Pointer "
               "is '/body/n'\n");
    folder.write("b.jsonl", "{\"body.prompt\": \"a fox\"}\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {file: b.jsonl, "
                                                "columns: {prompt: body.prompt}}")) == "a fox\n");
    folder.write("c.csv", "/a~b,x\na fox,1\n"); // a title, not a pointer
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: {file: c.csv, "
                                                "columns: {prompt: /a~b}}")) == "a fox\n");
}

BOOST_AUTO_TEST_CASE(files_of_wildcards_and_prompts_may_have_any_line_ends) {
    Folder const folder;
    folder.write("wildcards/mac.txt", "red\r# no\rblue\r\rdeep {green, grey}\r");
    folder.write("wildcards/mixed.txt", "red\r\r\nblue\ngreen\rgrey");
    folder.write("wildcards/wrong.txt", "red\rblue\r\n{a, b\r");
    folder.write("wildcards/zero.txt", std::string("red\0blue\n", 9));
    BOOST_TEST(prompts_of_files(folder, one_job("prompt: a __mac__ car")) ==
               "a red car\na blue car\na deep green car\na deep grey car\n");
    BOOST_TEST(prompts_of_files(folder, one_job("prompt: a __mixed__ car")) ==
               "a red car\na blue car\na green car\na grey car\n");
    auto const wrong = findings_of_files(folder, one_job("prompt: a __wrong__ car"));
    BOOST_TEST(wrong.find("wildcards/wrong.txt:3:1: ") != wrong.npos, wrong);
    auto const zero = findings_of_files(folder, one_job("prompt: a __zero__ car"));
    BOOST_TEST(zero.find("'wildcards/zero.txt' has a zero byte: it is not a text file, or it is "
                         "UTF-16") != zero.npos,
               zero);
    folder.write("page/1.txt", "a hen\r in the rain\r\rby night");
    BOOST_TEST(prompts_of_files(folder, one_job("prompts: page")) ==
               "a hen in the rain by night\n");
}

BOOST_AUTO_TEST_CASE(a_row_with_words_in_a_nameless_column_alone_is_no_blank_one) {
    Folder const folder;
    folder.write("a.csv", ",prompt\n0,a fox\n1,\n,\n");
    BOOST_TEST(findings_of_files(folder, one_job("prompts: a.csv")) ==
               "a.csv:3: error: this row makes an empty prompt: 'skip_empty: true' leaves such "
               "rows out\n");
}

BOOST_AUTO_TEST_CASE(a_table_that_is_taken_for_a_job_file_says_how) {
    auto const found = [](std::string const& path, std::string const& text) {
        return lines_of(load_job_text(text, path, {}));
    };
    BOOST_TEST(found("lists/a.txt", "a lamp\na: b: c\n") ==
               "lists/a.txt: error: this is a table of prompts, not a job file. Write one, as in "
               "'{version: 1, jobs: [{prompts: a.txt}]}', or have it written: 'darkroom init "
               "job.yaml --from lists/a.txt'\n");
    BOOST_TEST(found("a.csv.gz", "x").find("{prompts: a.csv.gz}") != std::string::npos);
    BOOST_TEST(found("a.txt", "version: 1\njobs: [{prompt: a}]\n") == "");
    BOOST_TEST(found("a.yaml", "a lamp\n").find("a job file is a mapping") != std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()
