package console

// A question is a page that asks back before something ends.
type question struct {
	Head, Text string
	Facts      []fact
	Fields     []fact // hidden, sent along
	Reason     bool   // asks for one
	Do, Back   string // the button's words; where no leads
	Action     string
}

// A fact is a line of what is known.
type fact struct{ Name, Value string }

func ask(q question) answer { return answer{name: "question", title: q.Head, data: q} }
