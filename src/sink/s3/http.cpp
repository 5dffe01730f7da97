// For HTTP by libcurl: a multi handle on a thread of its own.
#include "sink/s3/http.h"

#include <curl/curl.h>
#include <sys/socket.h>

#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "base/text.h"

namespace headwater::s3 {

/// One request as libcurl knows it. The loop's mutex guards what both threads see: answer, error, done, dropped.
struct Http::Transfer::State {
    explicit State(HttpRequest wanted) : request(std::move(wanted)) {}
    ~State() {
        if (easy != nullptr) curl_easy_cleanup(easy);
        curl_slist_free_all(headers);
    }

    HttpRequest request;
    size_t sent = 0;  ///< bytes of the body
    CURL* easy = nullptr;
    curl_slist* headers = nullptr;
    size_t longest_answer_bytes = 0;
    const AddressGuard* guard = nullptr;
    bool is_kept_away = false;  ///< the guard refused an address
    char reason[CURL_ERROR_SIZE] = "";
    HttpAnswer answer;
    std::optional<Error> error;
    bool done = false;
    bool dropped = false;
};

namespace {

/// Says how to react to what libcurl reports, and what it was.
Error error_of(CURLcode code, const char* reason, const std::string& url) {
    const std::string text = *reason != '\0' ? reason : curl_easy_strerror(code);
    const std::string where = url.substr(0, url.find('?'));
    switch (code) {
        case CURLE_PEER_FAILED_VERIFICATION:
        case CURLE_SSL_CACERT_BADFILE:
            return {ErrorKind::invalid,
                    "Certificate is not trusted; name the file that vouches for it by ca_file or AWS_CA_BUNDLE (" +
                        text + "): " + where};
        case CURLE_URL_MALFORMAT: return {ErrorKind::invalid, "Address cannot be (" + text + "): " + where};
        default: return {ErrorKind::unavailable, "No answer (" + text + "): " + where};
    }
}

void start_libcurl() {
    static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
    HW_CHECK(started == CURLE_OK);
}

}  // namespace

std::string HttpAnswer::header(const std::string& name) const {
    const auto found = headers.find(name);
    return found == headers.end() ? "" : found->second;
}

/// The thread, and what it shares with those that ask.
class Http::Loop {
  public:
    using State = Transfer::State;

    explicit Loop(HttpSettings settings) : settings_(std::move(settings)) {
        start_libcurl();
        multi_ = curl_multi_init();
        HW_CHECK(multi_ != nullptr);
        thread_ = std::thread([this] { run(); });
    }

    ~Loop() {
        {
            std::lock_guard lock(mutex_);
            ends_ = true;
        }
        curl_multi_wakeup(multi_);
        thread_.join();
        curl_multi_cleanup(multi_);
    }

    std::shared_ptr<State> start(HttpRequest request) {
        auto state = std::make_shared<State>(std::move(request));
        state->longest_answer_bytes = settings_.longest_answer_bytes;
        prepare(*state);
        {
            std::lock_guard lock(mutex_);
            fresh_.push_back(state);
        }
        curl_multi_wakeup(multi_);
        return state;
    }

    std::optional<Result<HttpAnswer>> take(State& state, std::chrono::milliseconds patience) {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, patience, [&] { return state.done; })) return std::nullopt;
        if (state.error) return std::unexpected(*state.error);
        return std::move(state.answer);
    }

    void drop(const std::shared_ptr<State>& state) {
        {
            std::lock_guard lock(mutex_);
            if (state->done) return;
            state->dropped = has_drops_ = true;
        }
        curl_multi_wakeup(multi_);
    }

    uint64_t ended() const {
        std::lock_guard lock(mutex_);
        return ended_;
    }

    void wait_beyond(uint64_t seen, std::chrono::milliseconds patience) const {
        std::unique_lock lock(mutex_);
        changed_.wait_for(lock, patience, [&] { return ended_ > seen; });
    }

  private:
    void prepare(State& state) const {
        CURL* easy = state.easy = curl_easy_init();
        HW_CHECK(easy != nullptr);
        for (const std::string& header : state.request.headers)
            state.headers = curl_slist_append(state.headers, header.c_str());
        state.headers = curl_slist_append(state.headers, "Accept:");
        const auto set = [&](CURLoption option, auto value) {
            HW_CHECK(curl_easy_setopt(easy, option, value) == CURLE_OK);
        };
        set(CURLOPT_PRIVATE, &state);
        set(CURLOPT_ERRORBUFFER, state.reason);
        set(CURLOPT_PROTOCOLS_STR, "http,https");
        set(CURLOPT_FOLLOWLOCATION, 0L);
        set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
        set(CURLOPT_PATH_AS_IS, 1L);
        set(CURLOPT_NOSIGNAL, 1L);
        set(CURLOPT_CONNECTTIMEOUT, static_cast<long>(settings_.connect_s));
        set(CURLOPT_LOW_SPEED_LIMIT, 1L);
        set(CURLOPT_LOW_SPEED_TIME, static_cast<long>(state.request.stall_s));
        set(CURLOPT_URL, state.request.url.c_str());
        set(CURLOPT_WRITEFUNCTION, &Loop::on_body);
        set(CURLOPT_WRITEDATA, &state);
        set(CURLOPT_HEADERFUNCTION, &Loop::on_header);
        set(CURLOPT_HEADERDATA, &state);
        if (!settings_.ca_file.empty()) set(CURLOPT_CAINFO, settings_.ca_file.c_str());
        if (!settings_.uses_proxies) set(CURLOPT_PROXY, "");
        if (settings_.guard) {
            state.guard = &settings_.guard;
            set(CURLOPT_OPENSOCKETFUNCTION, &Loop::on_socket);
            set(CURLOPT_OPENSOCKETDATA, &state);
        }
        if (state.request.body != nullptr) {
            state.headers = curl_slist_append(state.headers, "Content-Type:");  // ours, where there is one, came before
            set(CURLOPT_POST, 1L);
            set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(state.request.body->size()));
            set(CURLOPT_READFUNCTION, &Loop::on_send);
            set(CURLOPT_READDATA, &state);
            // On a connection that was used before and turns out to be dead, libcurl sends again, unasked, what it can read
            // again. Whether to do that is ours to decide: the server may have done what was asked.
            if (state.request.body->empty()) set(CURLOPT_FRESH_CONNECT, 1L);
            set(CURLOPT_UPLOAD_BUFFERSIZE, 512L << 10);
        }
        if (state.request.method == "HEAD")
            set(CURLOPT_NOBODY, 1L);
        else
            set(CURLOPT_CUSTOMREQUEST, state.request.method.c_str());
        set(CURLOPT_HTTPHEADER, state.headers);
    }

    /// Opens the socket for one address that a name led to, if a connection to it is allowed: no other is made then.
    static curl_socket_t on_socket(void* user, curlsocktype, curl_sockaddr* place) {
        auto& state = *static_cast<State*>(user);
        if (!may_connect(*state.guard, &place->addr, place->addrlen)) {
            state.is_kept_away = true;
            return CURL_SOCKET_BAD;
        }
        return ::socket(place->family, place->socktype | SOCK_CLOEXEC, place->protocol);
    }

    static size_t on_send(char* bytes, size_t, size_t room, void* user) {
        auto& state = *static_cast<State*>(user);
        const size_t count = state.request.body->copy(bytes, room, state.sent);
        state.sent += count;
        return count;
    }

    static size_t on_body(char* bytes, size_t, size_t count, void* user) {
        auto& state = *static_cast<State*>(user);
        if (state.answer.body.size() + count > state.longest_answer_bytes) {
            state.error = Error{ErrorKind::invalid, "Answer is too long: " + state.request.url};
            return 0;
        }
        state.answer.body.append(bytes, count);
        return count;
    }

    static size_t on_header(char* bytes, size_t, size_t count, void* user) {
        auto& answer = static_cast<State*>(user)->answer;
        const std::string_view line(bytes, count);
        const size_t colon = line.find(':');
        if (line.starts_with("HTTP/")) answer.headers.clear();  // an interim answer came before
        if (colon == std::string_view::npos || answer.headers.size() > 200) return count;
        answer.headers[lower(line.substr(0, colon))] = trimmed(line.substr(colon + 1));
        return count;
    }

    void run() {
        for (;;) {
            {
                std::lock_guard lock(mutex_);
                if (ends_) break;
                take_orders();
            }
            int running = 0;
            curl_multi_perform(multi_, &running);
            int left = 0;
            while (CURLMsg* message = curl_multi_info_read(multi_, &left))
                if (message->msg == CURLMSG_DONE) end(message->easy_handle, message->data.result);
            curl_multi_poll(multi_, nullptr, 0, 1000, nullptr);
        }
        for (auto& [easy, state] : running_) curl_multi_remove_handle(multi_, easy);
        running_.clear();
    }

    /// Begins what was asked for and ends what was given up; the mutex is held.
    void take_orders() {
        for (auto& state : fresh_) {
            if (state->dropped) continue;
            HW_CHECK(curl_multi_add_handle(multi_, state->easy) == CURLM_OK);
            running_[state->easy] = state;
        }
        fresh_.clear();
        if (!std::exchange(has_drops_, false)) return;
        std::erase_if(running_, [&](const auto& entry) {
            if (entry.second->dropped) curl_multi_remove_handle(multi_, entry.first);
            return entry.second->dropped;
        });
    }

    void end(CURL* easy, CURLcode code) {
        const auto found = running_.find(easy);
        HW_CHECK(found != running_.end());
        const std::shared_ptr<State> state = std::move(found->second);
        running_.erase(found);
        curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &state->answer.status);
        curl_multi_remove_handle(multi_, easy);
        {
            std::lock_guard lock(mutex_);
            if (code != CURLE_OK && state->is_kept_away)
                state->error =
                    Error{ErrorKind::invalid, "Host leads to an address that nothing may be sent to: " +
                                                  state->request.url.substr(0, state->request.url.find('?'))};
            if (code != CURLE_OK && !state->error) state->error = error_of(code, state->reason, state->request.url);
            state->request.body.reset();
            state->done = true;
            ++ended_;
        }
        changed_.notify_all();
    }

    HttpSettings settings_;
    CURLM* multi_ = nullptr;
    std::map<CURL*, std::shared_ptr<State>> running_;  ///< of the thread
    mutable std::mutex mutex_;
    mutable std::condition_variable changed_;
    std::vector<std::shared_ptr<State>> fresh_;
    bool has_drops_ = false;
    bool ends_ = false;
    uint64_t ended_ = 0;
    std::thread thread_;
};

Http::Transfer::Transfer(Http& http, std::shared_ptr<State> state) : http_(&http), state_(std::move(state)) {}
Http::Transfer::Transfer(Transfer&&) noexcept = default;

Http::Transfer& Http::Transfer::operator=(Transfer&& other) noexcept {
    if (this == &other) return *this;
    if (state_ != nullptr) http_->loop_->drop(state_);
    http_ = other.http_;
    state_ = std::move(other.state_);
    return *this;
}

Http::Transfer::~Transfer() {
    if (state_ != nullptr) http_->loop_->drop(state_);
}

std::optional<Result<HttpAnswer>> Http::Transfer::take(std::chrono::milliseconds patience) {
    return http_->loop_->take(*state_, patience);
}

Http::Http(HttpSettings settings) : loop_(std::make_unique<Loop>(std::move(settings))) {}
Http::~Http() = default;

Http::Transfer Http::start(HttpRequest request) { return {*this, loop_->start(std::move(request))}; }
uint64_t Http::ended() const { return loop_->ended(); }
void Http::wait_beyond(uint64_t seen, std::chrono::milliseconds patience) const { loop_->wait_beyond(seen, patience); }

}  // namespace headwater::s3
