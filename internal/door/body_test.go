package door_test

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/edgeward/edgeward"
	"github.com/edgeward/edgeward/internal/door"
	"github.com/edgeward/edgeward/internal/door/doorstest"
	"github.com/edgeward/edgeward/internal/wire/form"
	"github.com/edgeward/edgeward/internal/wire/problem"
)

func TestReadForm(t *testing.T) {
	const isForm = "application/x-www-form-urlencoded"
	for rule, row := range map[string]struct {
		body      io.Reader
		mediaType string
		want      form.Form
		err       error
		fault     problem.Fault
	}{
		"a form":                      {strings.NewReader("a=b"), isForm, form.Form{"a": "b"}, nil, ""},
		"of a charset":                {strings.NewReader("a=b"), isForm + "; charset=UTF-8", form.Form{"a": "b"}, nil, ""},
		"as much as there may be":     {strings.NewReader("a=12345678"), isForm, form.Form{"a": "12345678"}, nil, ""},
		"an empty one":                {strings.NewReader(""), isForm, form.Form{}, nil, ""},
		"an empty one of no type":     {strings.NewReader(""), "", form.Form{}, nil, ""},
		"no type":                     {strings.NewReader("a=b"), "", nil, edgeward.MalformedRequest, ""},
		"another type":                {strings.NewReader("a=b"), "text/plain", nil, edgeward.MalformedRequest, ""},
		"a parameter twice":           {strings.NewReader("a=b&a=b"), isForm, nil, form.ErrRepeated, ""},
		"more than there may be":      {strings.NewReader("a=123456789"), isForm, nil, edgeward.MalformedRequest, problem.BodyTooLarge},
		"too slow":                    {iotest.ErrReader(os.ErrDeadlineExceeded), isForm, nil, edgeward.MalformedRequest, problem.RequestTimeout},
		"one that broke off":          {iotest.ErrReader(io.ErrUnexpectedEOF), isForm, nil, edgeward.MalformedRequest, problem.BodyBroken},
		"what an error says of a key": {iotest.ErrReader(errors.New("hunter2")), isForm, nil, edgeward.MalformedRequest, problem.BodyBroken},
	} {
		hr := httptest.NewRequest("POST", "/a", row.body)
		hr.Header.Set("Content-Type", row.mediaType)
		got, err := door.ReadForm(httptest.NewRecorder(), hr, 10)
		body, _ := errors.AsType[*problem.Failure](err)
		if !maps.Equal(got, row.want) || !errors.Is(err, row.err) || (body != nil) != (row.fault != "") || body != nil && body.Fault != row.fault {
			t.Errorf("%s: %q, %v", rule, got, err)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", rule, err)
		}
	}
}

// Row 40: a body that is read has a deadline.
func TestReadBodyWaitsForNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := doorstest.Pipe(t, http.HandlerFunc(func(w http.ResponseWriter, hr *http.Request) {
			_, err := door.ReadBody(w, hr, 10)
			door.LimitUnreadBody(w, hr)
			_, _ = fmt.Fprint(w, err)
		}))
		ask(t, client, "/a", "Content-Length: 5")
		_, _ = io.WriteString(client, "hel")
		if answer, err := io.ReadAll(client); err != nil || !strings.Contains(string(answer), "too slowly") {
			t.Errorf("%v: %s", err, answer)
		}
	})
}
