package config

import (
	"reflect"
	"testing"
)

// A rule that is missing would be a crash of the first Worker whose configuration
// comes to it.
func TestEveryRuleIsStated(t *testing.T) {
	for name, r := range map[string]rules{"gateway": gatewayRules, "Worker": workerRules} {
		of := reflect.ValueOf(r)
		for i := range of.NumField() {
			if of.Field(i).IsNil() {
				t.Errorf("%s: %s", name, of.Type().Field(i).Name)
			}
		}
	}
}
