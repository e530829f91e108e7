#include "verify/http_check.h"

#include <algorithm>
#include <chrono>
#include <set>
#include <thread>

#include "base/charset.h"
#include "base/counted.h"
#include "base/error.h"
#include "verify/extract.h"

namespace ferry {
namespace {

constexpr std::size_t excerpt_length = 300;

std::string excerpt(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, excerpt_length * 2)) {
    const bool blank = c == '\n' || c == '\r' || c == '\t' || c == ' ';
    if (!blank)
      out += c;
    else if (!out.ends_with(' '))
      out += ' ';
  }
  if (out.size() <= excerpt_length) return out;
  // Not inside a UTF-8 character.
  auto end = excerpt_length;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0U) == 0x80U) --end;
  return out.substr(0, end) + " ...";
}

std::string quoted(const std::string& text) {
  return "\"" + excerpt(text) + "\"";
}

std::string statuses(const std::vector<int>& wanted) {
  std::string out;
  for (const int status : wanted) out += (out.empty() ? "" : " or ") + std::to_string(status);
  return out;
}

// Names of kept values that a step's templates use.
std::set<std::string> kept_names(const HttpStep& step) {
  std::string all = step.path + step.body + step.json.dump();
  for (const auto* map : {&step.headers, &step.form})
    for (const auto& [name, value] : *map) all += name + value;
  for (const auto* list : {&step.contains, &step.called})
    for (const auto& text : *list) all += text;
  for (const auto& [pointer, value] : step.expect_json) all += value.dump();
  std::set<std::string> out;
  constexpr std::string_view begin = "${kept.";
  for (std::size_t at = 0; (at = all.find(begin, at)) != std::string::npos; at += begin.size()) {
    const auto from = at + begin.size();
    out.insert(all.substr(from, all.find('}', from) - from));
  }
  return out;
}

class Session {
 public:
  Session(const CheckContext& context, const std::map<std::string, std::string>& remembered, Masker& masker)
      : context_(context),
        remembered_(remembered),
        masker_(masker),
        client_(context.base_url.empty() ? context.environment->url : context.base_url, context.reach),
        variables_(context.variables()),
        secret_(masker.watch(context.secret)) {}

  StepsResult run(const std::vector<HttpStep>& steps, const std::vector<HttpStep>& cleanup) {
    run_main(steps);
    if (result_.outcome != Outcome::not_run) run_cleanup(cleanup);
    for (auto& step : result_.steps) {
      step.action = masker_.mask(step.action);
      step.expected = masker_.mask(step.expected);
      step.observed = masker_.mask(step.observed);
    }
    for (auto& [name, value] : result_.values) value = masker_.mask(value);
    return std::move(result_);
  }

 private:
  bool applies(const HttpStep& step) const { return step.version.contains(context_.version); }

  void run_main(const std::vector<HttpStep>& steps) {
    const auto count = std::count_if(steps.begin(), steps.end(), [this](const auto& step) { return applies(step); });
    if (count == 0) {
      result_.summary = {"No step applies to version " + context_.version.text(),
                         "没有适用于版本 " + context_.version.text() + " 的步骤"};
      return;
    }
    result_.outcome = Outcome::passed;
    int number = 0;
    for (const auto& step : steps) {
      if (!applies(step)) continue;
      ++number;
      result_.outcome = run_step(step);
      if (result_.outcome == Outcome::passed) continue;
      const auto place = std::to_string(number) + "/" + std::to_string(count);
      const auto& last = result_.steps.back();
      result_.summary = {"Step " + place + ", " + last.action + ": " + excerpt(last.observed),
                         "第 " + place + " 步 " + last.action + "：" + excerpt(last.observed)};
      result_.summary = {masker_.mask(result_.summary.en), masker_.mask(result_.summary.zh)};
      return;
    }
    result_.summary = {counted(count, "step") + " passed", std::to_string(count) + " 个步骤全部通过"};
  }

  void run_cleanup(const std::vector<HttpStep>& cleanup) {
    for (const auto& step : cleanup) {
      if (!applies(step)) continue;
      const bool passed_so_far = result_.outcome == Outcome::passed;
      std::string missing;
      for (const auto& name : kept_names(step))
        if (!result_.kept.contains(name)) missing = name;
      // What was never made needs not be removed; but a check that passed must have made it.
      if (!missing.empty() && !passed_so_far) {
        result_.steps.push_back(
            {"cleanup " + step.method + " " + step.path, "", "not needed: '" + missing + "' was never got", true, 0});
        continue;
      }
      const auto outcome = run_step(step);
      result_.steps.back().action = "cleanup " + result_.steps.back().action;
      if (outcome == Outcome::passed || !passed_so_far) continue;
      result_.outcome = outcome;
      const auto observed = masker_.mask(excerpt(result_.steps.back().observed));
      result_.summary = {"The check passed, but its cleanup failed: " + observed, "验证通过，但清理失败：" + observed};
    }
  }

  std::string filled(std::string_view text) const { return expand(text, variables_, secret_); }

  Json filled_json(const Json& value) const {
    if (value.is_string()) return filled(value.get_ref<const std::string&>());
    Json out = value;
    if (value.is_structured())
      for (auto& item : out) item = filled_json(item);
    return out;
  }

  HttpRequest request_of(const HttpStep& step) const {
    HttpRequest request;
    request.method = step.method;
    request.path = filled(step.path);
    request.timeout = context_.http_timeout;
    for (const auto& [name, value] : step.headers) request.headers.emplace_back(name, filled(value));
    request.content_type = step.content_type;
    const auto at = step.content_type.find("charset=");
    const auto charset = at == std::string::npos ? std::string() : step.content_type.substr(at + 8);
    const auto type = [&](const char* usual) { return step.content_type.empty() ? usual : step.content_type; };
    if (!step.form.empty()) {
      std::map<std::string, std::string> fields;
      for (const auto& [name, value] : step.form) fields[name] = filled(value);
      request.body = form_encoded(fields, charset);
      request.content_type = type("application/x-www-form-urlencoded");
    } else if (!step.json.is_null()) {
      request.body = filled_json(step.json).dump();
      request.content_type = type("application/json; charset=UTF-8");
    } else if (!step.body.empty()) {
      request.body = filled(step.body);
      if (!charset.empty()) request.body = from_utf8(request.body, charset);
      request.content_type = type("text/plain; charset=UTF-8");
    }
    return request;
  }

  // Never throws for what a profile or a system did wrong: the cleanup must have its turn.
  Outcome run_step(const HttpStep& step) {
    EvidenceStep record;
    record.action = step.method + " " + step.path;
    problems_.clear();
    undecided_ = false;
    try {
      const auto calls_before = watches(step) ? context_.outgoing().size() : 0;
      const auto request = request_of(step);
      record.action = step.method + " " + request.path;
      record.expected = expectation(step);
      const auto response = client_.send(request);
      record.ms = response.took.count();
      record.observed = std::to_string(response.status) + (response.reason.empty() ? "" : " " + response.reason);
      judge(step, Answer(response));
      if (watches(step))
        judge_calls(step, calls_before);
      else if (!step.called.empty())
        record.observed += "; calls to the outside are not seen here";
      if (!problems_.empty()) record.observed += "; " + joined() + "; answer: " + excerpt(response.text());
    } catch (const Error& error) {
      // No answer is what the system did; everything else is a fault of the profile or of the machine.
      undecided_ = undecided_ || error.code() != Code::no_answer;
      problems_.push_back(error.about() + (error.detail().empty() ? "" : ": " + error.detail()));
      record.observed = std::string(info(error.code()).text.en) + ": " + joined();
    }
    record.passed = problems_.empty();
    result_.steps.push_back(std::move(record));
    if (problems_.empty()) return Outcome::passed;
    return undecided_ ? Outcome::error : Outcome::failed;
  }

  std::string joined() const {
    std::string out;
    for (const auto& problem : problems_) out += (out.empty() ? "" : "; ") + problem;
    return out;
  }

  std::string expectation(const HttpStep& step) const {
    auto out = statuses(step.expect);
    for (const auto& text : step.contains) out += "; contains " + quoted(filled(text));
    for (const auto& text : step.lacks) out += "; lacks " + quoted(filled(text));
    for (const auto& text : step.called) out += "; calls " + quoted(filled(text));
    for (const auto& [pointer, value] : step.expect_json) out += "; " + pointer + " = " + filled_json(value).dump();
    if (context_.phase == CheckPhase::after)
      for (const auto& [name, where] : step.same) out += "; " + name + " as before";
    return out;
  }

  void judge(const HttpStep& step, const Answer& answer) {
    // First, so that the cleanup can remove what a step made even when the answer is not what was expected.
    keep(step, answer);
    if (std::find(step.expect.begin(), step.expect.end(), answer.status()) == step.expect.end())
      problems_.push_back("status " + std::to_string(answer.status()) + " instead of " + statuses(step.expect));
    for (const auto& text : step.contains)
      if (answer.text().find(filled(text)) == std::string::npos) problems_.push_back("lacks " + quoted(filled(text)));
    for (const auto& text : step.lacks)
      if (answer.text().find(filled(text)) != std::string::npos)
        problems_.push_back("contains " + quoted(filled(text)));
    for (const auto& [pointer, value] : step.expect_json) judge_json(pointer, value, answer);
    if (context_.phase == CheckPhase::before) remember(step, answer);
    if (context_.phase == CheckPhase::after) compare(step, answer);
  }

  bool watches(const HttpStep& step) const { return !step.called.empty() && context_.outgoing != nullptr; }

  // Calls may go out after the answer: a product's queue, a sink that waits for the end of the request.
  void judge_calls(const HttpStep& step, std::size_t before) {
    const auto until = std::chrono::steady_clock::now() + context_.called_within;
    for (;;) {
      const auto calls = context_.outgoing();
      for (std::size_t i = before; i < calls.size(); ++i)
        if (std::all_of(step.called.begin(), step.called.end(),
                        [&](const auto& text) { return calls[i].find(filled(text)) != std::string::npos; }))
          return;
      if (std::chrono::steady_clock::now() > until) return problems_.push_back(without_call(step, calls, before));
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  }

  std::string without_call(const HttpStep& step, const std::vector<std::string>& calls, std::size_t before) const {
    std::string out = "did not call " + quoted(filled(step.called.front()));
    for (std::size_t i = before; i < calls.size(); ++i) out += "; called " + quoted(calls[i]);
    return out;
  }

  void judge_json(const std::string& pointer, const Json& wanted, const Answer& answer) {
    const auto expected = filled_json(wanted);
    const auto* found = answer.at(pointer);
    if (found == nullptr) return problems_.push_back("nothing at " + pointer);
    // Templates give text, whatever the product's type is: "${kept.id}" may be the number 17.
    const bool from_template = wanted.is_string() && wanted != expected;
    if (*found == expected || (from_template && as_text(*found) == expected.get<std::string>())) return;
    problems_.push_back(pointer + " is " + excerpt(found->dump()));
  }

  void keep(const HttpStep& step, const Answer& answer) {
    for (const auto& [name, where] : step.keep) {
      const auto value = answer.value(where);
      if (!value) {
        problems_.push_back("nothing to keep as '" + name + "' at " + where);
        continue;
      }
      result_.kept[name] = variables_["kept." + name] = *value;
    }
  }

  void remember(const HttpStep& step, const Answer& answer) {
    for (const auto& [name, where] : step.remember) {
      if (const auto value = answer.value(where))
        result_.values[name] = *value;
      else
        problems_.push_back("nothing to remember as '" + name + "' at " + where);
    }
  }

  void compare(const HttpStep& step, const Answer& answer) {
    for (const auto& [name, where] : step.same) {
      const auto before = remembered_.find(name);
      if (before == remembered_.end()) {
        undecided_ = true;
        problems_.push_back("'" + name + "' was not remembered from the old version");
        continue;
      }
      const auto value = answer.value(where);
      // What was stored is masked, so the comparison is too.
      if (!value || masker_.mask(*value) != before->second)
        problems_.push_back(name + " was " + quoted(before->second) + ", is " + (value ? quoted(*value) : "missing"));
    }
  }

  const CheckContext& context_;
  const std::map<std::string, std::string>& remembered_;
  Masker& masker_;
  HttpClient client_;
  Variables variables_;
  SecretLookup secret_;
  StepsResult result_;
  std::vector<std::string> problems_;
  bool undecided_ = false;
};

}  // namespace

StepsResult run_steps(const std::vector<HttpStep>& steps, const std::vector<HttpStep>& cleanup,
                      const CheckContext& context, const std::map<std::string, std::string>& remembered,
                      Masker& masker) {
  return Session(context, remembered, masker).run(steps, cleanup);
}

StepsResult run_steps(const std::vector<HttpStep>& steps, const CheckContext& context) {
  Masker masker;
  return run_steps(steps, {}, context, {}, masker);
}

}  // namespace ferry
