#include <iostream>

int main() {
  std::cout << "Bonjour à tous !" << std::endl;
  return 0;
}
