package strictjson

import "strconv"

// A Writer writes one JSON object, its members in the order of the calls. The
// zero Writer is an object without members.
type Writer struct{ text []byte }

func (w *Writer) name(name string) {
	separator := byte(',')
	if len(w.text) == 0 {
		separator = '{'
	}
	w.text = append(AppendString(append(w.text, separator), name), ':')
}

// String writes a string. Bytes that are no UTF-8 become U+FFFD: refuse what
// must come back as it is.
func (w *Writer) String(name, value string) {
	w.name(name)
	w.text = AppendString(w.text, value)
}

// Optional is String for a value that is left out where it is "".
func (w *Writer) Optional(name, value string) {
	if value != "" {
		w.String(name, value)
	}
}

// Int writes a number.
func (w *Writer) Int(name string, value int64) {
	w.name(name)
	w.text = strconv.AppendInt(w.text, value, 10)
}

// Raw writes a value that is JSON already.
func (w *Writer) Raw(name string, value []byte) {
	w.name(name)
	w.text = append(w.text, value...)
}

// Strings writes an array of strings, also where there are none.
func (w *Writer) Strings(name string, values []string) {
	w.Array(name, len(values), func(dst []byte, i int) []byte { return AppendString(dst, values[i]) })
}

// Array writes an array of n elements, each of which element appends.
func (w *Writer) Array(name string, n int, element func(dst []byte, i int) []byte) {
	w.name(name)
	w.text = append(w.text, '[')
	for i := range n {
		if i > 0 {
			w.text = append(w.text, ',')
		}
		w.text = element(w.text, i)
	}
	w.text = append(w.text, ']')
}

// End returns the object.
func (w *Writer) End() []byte {
	if len(w.text) == 0 {
		w.text = append(w.text, '{')
	}
	return append(w.text, '}')
}
